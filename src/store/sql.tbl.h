/*
 * S(NAME, "SQL"): every statement of the program, one text for all drivers. `$1` placeholders, ON CONFLICT and
 * RETURNING are used freely; nothing here may be particular to one database. A test prepares them all.
 * One file for each area, so that a verb and its SQL are found by the same name.
 */
#include "store/sql/accounts.tbl.h"
#include "store/sql/again.tbl.h"
#include "store/sql/alarms.tbl.h"
#include "store/sql/api_keys.tbl.h"
#include "store/sql/banks.tbl.h"
#include "store/sql/cases.tbl.h"
#include "store/sql/copies.tbl.h"
#include "store/sql/core.tbl.h"
#include "store/sql/decisions.tbl.h"
#include "store/sql/factors.tbl.h"
#include "store/sql/hma.tbl.h"
#include "store/sql/inspect.tbl.h"
#include "store/sql/items.tbl.h"
#include "store/sql/jobs.tbl.h"
#include "store/sql/ledger.tbl.h"
#include "store/sql/media.tbl.h"
#include "store/sql/outbox.tbl.h"
#include "store/sql/people.tbl.h"
#include "store/sql/proposals.tbl.h"
#include "store/sql/streams.tbl.h"
#include "store/sql/tags.tbl.h"
#include "store/sql/trail.tbl.h"
#include "store/sql/view.tbl.h"
#include "store/sql/vitals.tbl.h"
