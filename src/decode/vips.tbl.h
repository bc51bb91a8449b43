/*
 * V(function): what is used of libvips and GLib, looked up when a full decoder starts, so that the light one, which
 * does most of the work, carries none of their hundred libraries.
 */
V(vips_init)
V(vips_version)
V(vips_concurrency_set)
V(vips_cache_set_max)
V(vips_block_untrusted_set)
V(vips_pngload_buffer)
V(vips_gifload_buffer)
V(vips_webpload_buffer)
V(vips_heifload_buffer)
V(vips_image_get_orientation)
V(vips_image_get_n_pages)
V(vips_image_get_array_int)
V(vips_region_new)
V(vips_region_prepare)
V(vips_error_buffer)
V(vips_error_clear)
V(g_object_unref)
V(g_module_open)
