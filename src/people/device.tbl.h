/*
 * B(part of a User-Agent, words) browsers, O(part, words) systems; the first that is found counts, so the special stand
 * before the general.
 */
B("Edg", "Edge")
B("OPR/", "Opera")
B("SamsungBrowser", "Samsung Internet")
B("Firefox/", "Firefox")
B("FxiOS", "Firefox")
B("CriOS", "Chrome")
B("Chrome/", "Chrome")
B("Safari/", "Safari")
B("curl/", "curl")
B("node", "a script")
O("iPhone", "iPhone")
O("iPad", "iPad")
O("Android", "Android")
O("CrOS", "ChromeOS")
O("Windows", "Windows")
O("Mac OS X", "macOS")
O("Linux", "Linux")
