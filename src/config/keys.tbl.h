/*
 * K(name, type, default, lo, hi, unit, help): every configuration key once. The file tutela.yaml, `--set`,
 * `tutela config`, the man page and doc/configuration.md all come from here. Types: STR, INT, BOOL, SIZE
 * (600, 64KiB, 10MiB), STRS (a list of words; with --set separated by commas), LEVEL (debug info warn error),
 * UNSCANNABLE (withhold publish), SEVERITY (critical warning notice). `lo` and `hi` bound a number, the length of a text, the elements of a list.
 */
K(service_name, STR, "Demo", 1, 100, "", "Name of the service in statements to users and in reports.")
K(public_url, STR, "http://localhost:8080", 8, 300, "URL",
    "How people and platforms reach this installation: links, cookies and the origin check use it.")
K(complaint_url, STR, "", 0, 300, "URL",
    "Where an affected user complains. Empty: the statement tells them to write to the contact.")
K(contact, STR, "", 0, 200, "",
    "Address of the service for complaints and questions; printed in statements.")
//= law:dsa-20.1
K(complaint_days, INT, "180", 180, 3650, "days",
    "How long a decision can be complained about; the law asks for six months at least.")

K(relation_ended_days, INT, "90", 1, 3650, "days",
    "How long two accounts between which nothing holds any more (no contact, follow, block, limit, refusal or open request) are remembered.")

K(listen, STR, "127.0.0.1:8080", 3, 255, "host:port", "Where the API and the console listen.")
K(admin_listen, STR, "127.0.0.1:8081", 3, 255, "host:port",
    "Where /healthz, /readyz and /metrics listen.")
K(tls_certificate, STR, "", 0, 300, "file",
    "Certificate chain (PEM) for `listen`; a changed file is taken within a second. Empty: plain HTTP, for behind a proxy.")
K(tls_key, STR, "", 0, 300, "file", "Key (PEM, without a password) of tls_certificate.")
K(http_threads, INT, "2", 1, 64, "threads", "Threads that serve HTTP.")
K(connections_max, INT, "1024", 8, 65536, "connections", "Open HTTP connections at one time.")
K(connections_per_address, INT, "0", 0, 65536, "connections",
    "Open HTTP connections of one address (IPv6: of one /64); trusted proxies are free of it. 0: no limit of its own.")
K(connection_idle_seconds, INT, "30", 1, 3600, "seconds",
    "A connection on which no whole request head arrives for so long is closed.")
K(body_min_bytes_per_s, INT, "512", 0, 1048576, "bytes a second",
    "A request whose body arrives more slowly than this is cut off after ten seconds.")
K(trusted_proxies, STRS, "", 0, 64, "networks",
    "Proxies (such as 127.0.0.1 for nginx on this machine) whose X-Forwarded-For says who the client is. Nobody else's counts.")
K(requests_per_address, INT, "0", 0, 1000000, "requests a second",
    "Requests of one address (IPv6: of one /64), whatever key they carry; ten seconds' worth may come at once. 0: no limit of its own.")
K(anonymous_per_address, INT, "100", 0, 1000000, "requests a second",
    "Requests of one address that show no valid key or session; ten seconds' worth may come at once. 0: no limit.")
K(signin_per_address, INT, "30", 0, 1000000, "tries a minute",
    "Tries to sign in from one address that fail; a minute's worth may come at once. 0: no limit.")
K(body_max_bytes, SIZE, "256KiB", 1024, 16777216, "bytes", "Largest JSON request body.")
K(batch_max_bytes, SIZE, "64MiB", 1024, 1073741824, "bytes", "Largest body of POST /v1/items:batch.")
K(batch_items_max, INT, "20000", 1, 1000000, "items", "Most items in one batch.")
K(wait_max_ms, INT, "2000", 1, 30000, "milliseconds", "Longest ?wait that a request may ask for.")
K(backlog_max, INT, "1000000", 1, 1000000000, "items",
    "Intake answers 503 while so many items wait for their scan.")
K(disk_free_min_bytes, SIZE, "256MiB", 0, 1099511627776, "bytes",
    "Intake answers 503 while the data folder's disk has less free space.")

K(workers, INT, "1", 1, 64, "processes", "Scan workers.")
K(decoders_per_worker, INT, "2", 1, 16, "processes", "Warm media decoders of each worker.")
K(scan_tries, INT, "3", 1, 20, "tries", "After so many failed scans an item is given to a human.")
K(scan_lease_seconds, INT, "30", 5, 600, "seconds",
    "How long a worker may hold a scan before another takes it over.")
K(brake_per_hour, INT, "100", 0, 1000000000, "items an hour",
    "A bank entry that matches so many items in an hour, and brake_factor times its usual, becomes review-only. 0: none does.")
K(brake_factor, INT, "10", 1, 1000000, "times",
    "How many times its usual of the last week an entry must match before the brake takes it.")
K(media_max_bytes, SIZE, "20MiB", 1024, 1073741824, "bytes", "Largest picture, or file of an unknown kind.")
K(video_max_bytes, SIZE, "200MiB", 1024, 1073741824, "bytes", "Largest video or sound file.")
K(media_per_item, INT, "16", 1, 100, "files", "Most media files of one item.")
K(media_pixels_max, INT, "50000000", 10000, 1000000000, "pixels",
    "Pictures with more pixels are unscannable.")
K(decode_ms, INT, "5000", 100, 60000, "milliseconds", "Longest time to decode one picture.")
K(decode_memory_bytes, SIZE, "512MiB", 67108864, 8589934592, "bytes", "Memory limit of a decoder.")
K(video_seconds_max, INT, "3600", 1, 10800, "seconds",
    "Videos and sounds that are longer are unscannable.")
K(video_ms, INT, "300000", 1000, 600000, "milliseconds", "Longest time to decode one video or sound file.")
K(video_share_ms, INT, "3000", 100, 60000, "milliseconds",
    "Within that, a file may take 5 seconds and this for each second that it lasts.")
K(videos_per_worker, INT, "1", 1, 16, "files", "Videos and sounds that each worker decodes at a time, beside pictures.")
K(unscannable, UNSCANNABLE, "withhold", 0, 0, "",
    "What happens to media that cannot be scanned: withhold until a human has seen it, or publish.")

K(policy_dir, STR, "policy", 1, 300, "folder",
    "Policies, actions, queues, rules, lists and texts; relative to the data folder.")
K(undo_seconds, INT, "8", 0, 300, "seconds",
    "How long a person can take a decision back before the platform hears of it.")
K(stream_silence_seconds, INT, "120", 5, 86400, "seconds",
    "A live stream of which neither a segment nor a number of viewers came for so long has ended.")
K(copies_distance, INT, "15", 0, 63, "bits",
    "Pictures that differ in so many of 256 bits of their hashes are shown as copies of each other.")
K(claim_minutes, INT, "10", 1, 240, "minutes",
    "A claimed case returns to its queue when its holder is silent for so long.")
K(reveal_seconds, INT, "60", 5, 600, "seconds", "How long a one-time preview address is good for.")

K(audit_checkpoint_minutes, INT, "10", 1, 1440, "minutes",
    "At the latest after so long the head of the hash chain is signed, when it has moved.")
K(audit_checkpoint_rows, INT, "10000", 1, 1000000, "rows", "And after so many rows.")

K(session_hours, INT, "12", 1, 720, "hours", "A console session ends at the latest after so long.")
K(session_idle_minutes, INT, "60", 1, 1440, "minutes", "A console session ends after so long unused.")
K(signin_tries, INT, "5", 1, 100, "tries",
    "After so many wrong passwords in a row the next tries must wait.")
K(signin_lock_seconds, INT, "30", 1, 3600, "seconds",
    "First waiting time after too many wrong passwords; it doubles up to 15 minutes.")
K(second_factor_roles, STRS, "", 0, 8, "roles",
    "Roles that must have a second factor; `admin,lead` is recommended. Whoever lacks one is led to it at sign-in.")
K(step_up_minutes, INT, "0", 0, 60, "minutes",
    "The gravest changes (people, keys, switches, exports) ask for a second factor or the password again after so long; 10 is recommended, 0: never.")

K(two_person, STRS, "", 0, 32, "operations",
    "Operations that another person must confirm: bank.change bank.delete bank.remove bank.import_large switch.set people.add "
    "people.change people.password key.create key.change key.revoke decision.reverse.")
K(two_person_hours, INT, "24", 1, 720, "hours",
    "A proposal that nobody confirmed lapses after so long.")

K(webhook_private_allow, STRS, "", 0, 64, "networks",
    "Private networks (such as 10.1.0.0/16 or 127.0.0.0/8) that webhooks may be sent to.")
K(hma_policy, STR, "csae.known", 1, 200, "policy",
    "Policy of banks that a client of the HMA API makes without naming one.")
K(fetch_hosts, STRS, "", 0, 64, "hosts",
    "Hosts that media may be fetched from when a client of the HMA API names an address (.example.org: all below it); "
    "none: every public one.")
K(fetch_private_allow, STRS, "", 0, 64, "networks",
    "Private networks (such as 10.1.0.0/16) that media may be fetched from.")
K(fetch_seconds, INT, "30", 1, 120, "seconds", "Longest time to fetch a medium by its address.")
K(webhook_timeout_seconds, INT, "10", 1, 120, "seconds", "Longest wait for a webhook's answer.")
K(webhook_days, INT, "5", 1, 30, "days",
    "Deliveries are tried again with growing pauses for so long; then an alarm opens.")
K(webhook_parallel, INT, "16", 1, 256, "requests", "Webhook requests under way at one time.")
K(secret_overlap_hours, INT, "24", 0, 720, "hours",
    "After rotation of an endpoint's secret the old one signs as well for so long.")

K(intervention_days, INT, "400", 1, 3650, "days",
    "How long the figures of what searches and comments were told are kept; nothing else is kept of them.")
K(retention_days, INT, "180", 1, 3650, "days",
    "Items that were allowed are erased with their media after so long, unless a legal hold keeps them; hashes stay, so that "
    "they are found again.")
K(migration_undo_days, INT, "90", 1, 3650, "days",
    "What was in force before a migration of settings is kept for so long after it; until then it can be undone.")
K(snapshot_days, INT, "400", 1, 3650, "days",
    "Snapshots of settings in force, and what they said of each account, are forgotten after so long; the newest snapshot stays.")
K(account_history_days, INT, "1095", 30, 3650, "days",
    "How long changes of an account's age, settings and guardians are kept; what holds now stays as long as the account.")
K(again_erase_minutes, INT, "30", 0, 1440, "minutes",
    "What a platform erased is out of the files of again/ and out of the store's log within so long; each time files are written "
    "anew.")
K(index_check_seconds, INT, "300", 1, 86400, "seconds",
    "Every byte of the indexes of hashes (index/ and again/) is checked so often; what is damaged is built again.")
K(contact_days, INT, "60", 31, 365, "days",
    "Who approached whom, and what became of it, is kept so long (never what was said). Rules look back 30 days at most; who was "
    "not approached before within this time counts as approached for the first time.")
K(events_days, INT, "14", 1, 365, "days", "How far back GET /v1/events can resume.")
K(alarm_scan_minutes, INT, "10", 1, 1440, "minutes",
    "An alarm opens when an item has waited for its scan for so long.")
K(alarm_again_minutes, INT, "15", 1, 1440, "minutes",
    "An alarm opens when what was published before is not compared with a bank that grew so long ago.")
K(alarm_delivery_minutes, INT, "15", 1, 1440, "minutes",
    "An alarm opens when a delivery has waited for so long; it is still tried again.")
K(alarm_role_seconds, INT, "60", 10, 3600, "seconds",
    "An alarm opens when a role gives no sign of life for so long.")
K(alarm_disk_hours, INT, "6", 1, 720, "hours",
    "An alarm opens when the disk will be full within so long, at its present pace.")
K(alarm_mail_server, STR, "", 0, 300, "URL",
    "Mail server for alarms: smtp://host:587 (STARTTLS) or smtps://host:465. Empty: no mail.")
K(alarm_mail_from, STR, "", 0, 254, "", "Sender of mails about alarms.")
K(alarm_mail_tls, BOOL, "true", 0, 0, "",
    "Mail is sent under TLS only. Switch it off for a relay on this machine that has none.")
K(alarm_mail_user, STR, "", 0, 200, "", "User at the mail server; empty: it asks for none.")
K(alarm_mail_password_file, STR, "", 0, 300, "file", "Its first line is the password at the mail server.")
K(alarm_ca_file, STR, "", 0, 300, "file",
    "Certificate authorities that mail server and alarm webhook are checked against; empty: the system's.")
K(alarm_oncall, STRS, "", 0, 20, "addresses", "Who is told of an alarm at once.")
K(alarm_leads, STRS, "", 0, 20, "addresses",
    "Who is told next while nobody has taken it on, and first about people's work.")
K(alarm_admins, STRS, "", 0, 20, "addresses", "Who is told last.")
K(alarm_webhook_url, STR, "", 0, 2000, "URL", "Receives every alarm at once, signed like webhooks. Empty: none.")
K(alarm_webhook_escalated_url, STR, "", 0, 2000, "URL",
    "Receives alarms that nobody took on, at the last step. Empty: none.")
K(alarm_webhook_secret_file, STR, "", 0, 300, "file",
    "Its first line is the secret (whsec_…) that signs alarm webhooks.")
K(alarm_step2_minutes, INT, "15", 1, 1440, "minutes",
    "A critical alarm goes to the leads when nobody has taken it on for so long; a warning after four times that.")
K(alarm_step3_minutes, INT, "60", 1, 10080, "minutes",
    "A critical alarm goes to the administrators when nobody has taken it on for so long; a warning after four times that.")
K(alarm_least, SEVERITY, "warning", 0, 0, "",
    "Alarms less grave than this are shown and not sent.")
K(alarm_messages_per_hour, INT, "20", 1, 1000, "messages",
    "To one reader of one channel; what is more comes as one digest in ten minutes.")
K(backup_dir, STR, "", 0, 300, "folder",
    "Continuous copies of the store and the media go here, best on another disk; empty: none are made.")
K(backup_keys_dir, STR, "", 0, 300, "folder",
    "Continuous copies of keys.db go here, apart from the copies of the store; empty: none are made.")
K(backup_days, INT, "14", 1, 3650, "days", "How far back the copies of the store can be restored.")
K(backup_base_hours, INT, "24", 1, 720, "hours",
    "A new base copy is made so often; restoring is quicker from a new one.")
K(log_level, LEVEL, "info", 0, 0, "", "Least grave log lines that are written.")
