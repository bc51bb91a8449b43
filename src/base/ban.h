/*
 * Included before every file of ours: calls that have bitten C programs before become build errors.
 * (`rand` is missing here because OpenSSL's headers use it as a parameter name; tools/lint-source refuses it.)
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef alloca
#undef sprintf
#undef vsprintf
#undef strncpy
#undef strncat
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gets system popen
#pragma GCC poison gmtime localtime ctime asctime strncat
#ifndef TL_HEADER_NEEDS_STRNCPY /* as below */
#pragma GCC poison strncpy
#endif
#ifndef TL_HEADER_NEEDS_ALLOCA /* only for a library whose header has it in macros; -Walloca still holds */
#pragma GCC poison alloca
#endif
