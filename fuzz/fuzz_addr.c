/*
 * Addresses, networks and X-Forwarded-For. The first line of the input is trusted networks, the second the peer, the
 * rest the header. What parses prints to something that parses to the same; a peer that is not trusted is who speaks;
 * who speaks otherwise was named by the header.
 */
#include "sys/addr.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tl_str
line(struct tl_str *rest)
{
	const uint8_t *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	struct tl_str s = end ? tl_bytes(rest->p, (size_t)(end - rest->p)) : *rest;
	size_t n = s.n + (end != NULL);
	*rest = tl_bytes(rest->p + n, rest->n - n);
	return s;
}

static void
check_text(const struct tl_addr *a)
{
	char text[TL_ADDR_TEXT];
	struct tl_addr again;
	tl_addr_text(text, a);
	if (tl_addr_parse(tl_str(text), &again) < 0 || memcmp(&again, a, sizeof again) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_str rest = tl_bytes(data, size);
	struct tl_str nets_text = line(&rest), peer_text = line(&rest);
	struct tl_net nets[TL_NETS_MAX];
	struct tl_addr peer, who;
	size_t n = 0;
	if (tl_nets_parse(nets_text, nets, TL_COUNT(nets), &n) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++)
		if (!tl_net_holds(&nets[i], &nets[i].at))
			abort();
	if (tl_addr_parse(peer_text, &peer) < 0)
		return 0;
	check_text(&peer);
	who = tl_addr_forwarded(&peer, rest, nets, n);
	check_text(&who);
	bool moved = memcmp(&who, &peer, sizeof who) != 0;
	if (moved && (!tl_nets_hold(nets, n, &peer) || rest.n < 2))
		abort();
	return 0;
}
