/* Sockets between roles: what is listed is what is inherited. */
#include "sys/fd.h"
#include "sys/wires.h"

#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

static void
inherit_as(const struct tl_wire_box *box, enum tl_proc role, int index, struct tl_wires *ret)
{
	int fds[TL_WIRES_FDS];
	size_t n = 0;
	char env[TL_WIRES_TEXT];
	tl_wires_list(box, role, index, fds, &n, env);
	/* What spawning does: put the ends at the numbers that the text names, well away from ours. */
	char text[TL_WIRES_TEXT] = "";
	const char *at = strchr(env, '=') + 1;
	for (size_t i = 0; i < n; i++) {
		char tag;
		int k, fd, used = 0;
		assert_int_equal(sscanf(at, "%c%d:%d %n", &tag, &k, &fd, &used), 3);
		assert_int_equal(fd, TL_WIRES_FIRST + (int)i);
		int dup_fd = fcntl(fds[i], F_DUPFD, 100);
		assert_true(dup_fd >= 100);
		(void)snprintf(text + strlen(text), sizeof text - strlen(text), "%c%d:%d ", tag,
		    k, dup_fd);
		at += used;
	}
	assert_int_equal(setenv(TL_WIRES_ENV, text, 1), 0);
	assert_int_equal(tl_wires_inherit(ret), 0);
	assert_null(getenv(TL_WIRES_ENV));
}

static void
t_wake_reaches_its_role_and_only_it(void **state)
{
	(void)state;
	struct tl_wire_box box;
	assert_int_equal(tl_wires_make(2, &box), 0);
	struct tl_wires server, worker, clerk;
	inherit_as(&box, TL_PROC_SERVER, 0, &server);
	inherit_as(&box, TL_PROC_WORKER, 1, &worker);
	inherit_as(&box, TL_PROC_CLERK, 0, &clerk);
	assert_int_equal(server.request_count, 2);
	assert_int_equal(worker.request_count, 1);
	assert_int_equal(clerk.request_count, 0);
	tl_wake(&server, TL_PROC_WORKER);
	assert_true(tl_wake_drain(&worker));
	assert_false(tl_wake_drain(&worker));
	assert_false(tl_wake_drain(&clerk));
	for (int i = 0; i < 100000; i++)
		tl_wake(&worker, TL_PROC_CLERK); /* nobody reads; must not block */
	assert_true(tl_wake_drain(&clerk));

	assert_int_equal(tl_sock_send(server.request[1], TL_S("question"), -1, 0), 0);
	char got[32];
	size_t n = 0;
	int fd = -1;
	assert_int_equal(tl_sock_recv(worker.request[0], got, sizeof got, 0, &n, &fd), 0);
	assert_int_equal(n, 8);
	assert_int_equal(fd, -1);
}

static void
t_only_server_and_courier_speak_of_fetching(void **state)
{
	(void)state;
	struct tl_wire_box box;
	assert_int_equal(tl_wires_make(1, &box), 0);
	struct tl_wires server, courier, other;
	inherit_as(&box, TL_PROC_SERVER, 0, &server);
	inherit_as(&box, TL_PROC_COURIER, 0, &courier);
	for (int role = 0; role < TL_PROC_COUNT; role++) {
		if (role == TL_PROC_SERVER || role == TL_PROC_COURIER)
			continue;
		inherit_as(&box, (enum tl_proc)role, 0, &other);
		assert_int_equal(other.fetch, -1);
	}
	char got[32];
	size_t n = 0;
	int fd = -1, bytes = -1;
	assert_int_equal(tl_sock_send(server.fetch, TL_S("question"), -1, 0), 0);
	assert_int_equal(tl_sock_recv(courier.fetch, got, sizeof got, 0, &n, &fd), 0);
	assert_int_equal(n, 8);
	assert_int_equal(tl_memfd_sealed("test", TL_S("bytes"), &bytes), 0);
	assert_int_equal(tl_sock_send(courier.fetch, TL_S("answer"), bytes, 0), 0);
	assert_int_equal(tl_sock_recv(server.fetch, got, sizeof got, 0, &n, &fd), 0);
	assert_true(n == 6 && fd >= 0);
	struct tl_str whole;
	assert_int_equal(tl_memfd_whole(fd, 4, &whole), TL_ETOOBIG);
	assert_int_equal(tl_memfd_whole(fd, 5, &whole), 0);
	assert_true(tl_str_is(whole, "bytes"));
	tl_memfd_unmap(whole);
}

static void
t_malformed_environment_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "w0", "w0:x", "z0:1", "s9:1", "q99:1", "w0:-1", "w0:99999"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct tl_wires w;
		assert_int_equal(setenv(TL_WIRES_ENV, bad[i], 1), 0);
		assert_int_equal(tl_wires_inherit(&w), TL_EPARSE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(t_wake_reaches_its_role_and_only_it),
	    cmocka_unit_test(t_only_server_and_courier_speak_of_fetching),
	    cmocka_unit_test(t_malformed_environment_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
