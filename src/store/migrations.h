/* Private to src/store: the migrations as text, generated from migrations/NNNN_*.sql by tools/embed-sql. */
#pragma once

extern const char *const tl_migrations[]; /* [0] is migration 1 */
extern const int tl_migration_count;
