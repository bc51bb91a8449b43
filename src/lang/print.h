/* The canonical text of a tree: parsing what was printed gives the same tree, printing that the same text. */
#pragma once

#include "lang/ast.h"

void tl_lang_print_expr(struct tl_buf *b, struct tl_lang_expr e);

/* The part of `e` that ends in `node`. */
void tl_lang_print_node(struct tl_buf *b, struct tl_lang_expr e, uint16_t node);

/* A literal, as it stands in source. */
void tl_lang_print_value(struct tl_buf *b, const struct tl_lang_value *v);

/* A whole pack; comments are not part of the tree. */
void tl_lang_print_pack(struct tl_buf *b, const struct tl_lang_pack *pack);
