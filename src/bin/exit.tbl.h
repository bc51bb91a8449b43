/* X(name, code, help): exit codes of `tutela`. */
X(CLI_DONE, 0, "Done.")
X(CLI_FAILED, 1, "Failed: there is no such thing, it is in a state that does not allow it, or it was denied.")
X(CLI_USAGE, 2, "The command line is wrong.")
X(CLI_INPUT, 3, "A file or value is wrong; the message names the place.")
X(CLI_AGAIN, 4, "Not possible right now; the same command may work later.")
X(CLI_FOUND, 5, "Done, and there is something to look at (doctor, rule check, backup --verify).")
X(CLI_DEFECT, 70, "A defect in this program or damaged data.")
