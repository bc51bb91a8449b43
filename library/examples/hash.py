"""PDQ of grey pixels from Python, without a package: python3 hash.py"""
import ctypes
import math

lib = ctypes.CDLL("libtutela-hash.so.0")
width, height = 320, 240
luma = bytes(int(128 + 60 * math.sin(x / 20) + 60 * math.sin(y / 15 - x * y / 9000)) for y in range(height) for x in range(width))

pdq, quality, text = (ctypes.c_ubyte * 32)(), ctypes.c_int(), ctypes.create_string_buffer(65)
if lib.tl_pdq_of_luma(luma, width, height, ctypes.c_size_t(width), pdq, ctypes.byref(quality)) < 0:
    lib.tl_err_text.restype = ctypes.c_char_p
    raise SystemExit(lib.tl_err_text().decode())
lib.tl_pdq_hex(text, pdq)
print(text.value.decode(), quality.value)
