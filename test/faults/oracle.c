/* SPDX-License-Identifier: MIT */
#include "oracle.h"
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static oracle_options options;

static fault_kind fault_named(const char *name)
{
    NEED(strcmp(name, "stuck") == 0 || strcmp(name, "damage") == 0, "--control %s: stuck or damage", name);
    return strcmp(name, "stuck") == 0 ? FAULT_STUCK : FAULT_DAMAGE;
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
    oracle_fault(FAULT_STUCK, "no progress within %u ms", oracle_patience_ms());
}

static void on_crash(int signal_number)
{
    oracle_fault(FAULT_DAMAGE, "fell over signal %d", signal_number);
}

const oracle_options *oracle_begin(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--lock") == 0) {
            options.lock = true;
        } else if (strcmp(argv[i], "--control") == 0 && has_value) {
            options.control = fault_named(argv[++i]);
        } else if (strcmp(argv[i], "--variant") == 0 && has_value) {
            options.variant = argv[++i];
        } else {
            NEED(false, "what is '%s'?", argv[i]);
        }
    }
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct sigaction crash = {.sa_handler = on_crash};
    NEED(sigaction(SIGALRM, &action, NULL) == 0 && sigaction(SIGSEGV, &crash, NULL) == 0 &&
             sigaction(SIGBUS, &crash, NULL) == 0,
         "no handler");
    return &options;
}

_Noreturn static __attribute__((format(printf, 2, 0))) void end(fault_kind kind, const char *format, va_list arguments)
{
    const bool wanted = options.control == kind;
    printf("%s", wanted ? "caught: " : "FAULT: ");
    vprintf(format, arguments);
    putchar('\n');
    fflush(stdout);
    _exit(wanted ? 0 : 1);
}

_Noreturn void oracle_fault(fault_kind kind, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    end(kind, format, arguments);
}

_Noreturn void oracle_damage(const char *file, int line, const char *condition, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("%s:%d: %s\n", file, line, condition);
    end(FAULT_DAMAGE, format, arguments);
}

int oracle_end(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (options.control != FAULT_NONE) {
        printf("NOT CAUGHT: ");
    }
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
    return options.control == FAULT_NONE ? 0 : 1;
}

unsigned oracle_patience_ms(void)
{
    return options.control == FAULT_STUCK ? 500 : 120000;
}

static void set_timer(unsigned ms)
{
    const struct itimerval timer = {.it_value = {.tv_sec = ms / 1000, .tv_usec = (long)(ms % 1000) * 1000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

void guard_begin(void)
{
    set_timer(oracle_patience_ms());
}

void guard_end(void)
{
    set_timer(0);
}
