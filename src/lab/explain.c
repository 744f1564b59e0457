// SPDX-License-Identifier: GPL-2.0-or-later
/* The rule table of failures: what the console says -> what that means -> what to do. */
#include "lab/explain.h"

#include "base/mem.h"

/* A rule fits if every given part of it does; the first that fits explains. */
struct rule {
	const char *console; /* must be on the console ("" any) */
	const char *also;    /* this too; NULL: nothing */
	const char *qemu;    /* must be in QEMU's own words; NULL: nothing */
	bool (*when)(const struct explain_facts *facts); /* NULL: always */
	const char *sentence;
	const char *hint;
};

static bool no_channel_driver(const struct explain_facts *facts)
{
	return !facts->agent_was_ready && facts->ended != ENDED_ERROR &&
	       facts->missing_modules && facts->missing_modules->count;
}

static bool silent_hang(const struct explain_facts *facts)
{
	return facts->console_silent && !facts->agent_was_ready &&
	       (facts->ended == ENDED_HANG || facts->ended == ENDED_TIMEOUT ||
		facts->ended == ENDED_RESET);
}

static bool never_ready(const struct explain_facts *facts)
{
	return !facts->agent_was_ready && facts->ended == ENDED_HANG;
}

/* QEMU's complaint names a word that the user gave it ("-device" alone is klab's too). */
static bool user_option_failed(const struct explain_facts *facts)
{
	if (facts->ended != ENDED_ERROR || !facts->qemu_options)
		return false;
	for (size_t i = 0; i < facts->qemu_options->count; i++) {
		const char *word = facts->qemu_options->items[i];
		_cleanup_free_ char *as_option = xasprintf("%s: invalid", word);

		if (*word && strstr(facts->qemu_stderr, *word == '-' ? as_option : word))
			return true;
	}
	return false;
}

static const struct rule rules[] = {
	/* QEMU itself. */
	{ "", NULL, NULL, user_option_failed,
	  "QEMU did not take the words of --qemu-opts",
	  "see what it says of them, and qemu-system-ARCH -help" },
	{ "", NULL, "Could not access KVM kernel module", NULL,
	  "QEMU cannot use /dev/kvm", "pass --accel tcg, or ask for access to /dev/kvm" },
	{ "", NULL, "cannot set up guest memory", NULL,
	  "the host has too little free memory for this guest", "pass a smaller -m" },
	{ "", NULL, "Cannot allocate memory", NULL,
	  "the host has too little free memory for this guest", "pass a smaller -m" },
	{ "", NULL, "Failed to get \"write\" lock", NULL,
	  "another guest already uses one of the disks",
	  "stop that guest, or run both without --rw" },
	{ "", NULL, "is not a valid device model name", NULL,
	  "this QEMU was built without a device that klab uses",
	  "install the distribution's full QEMU package" },
	{ "", NULL, "module ui-", NULL, "this QEMU was installed without its windows",
	  "apt-get install qemu-system-gui, or --display vnc=unix:PATH" },
	{ "", NULL, "gtk initialization failed", NULL, "there is no desktop for a window",
	  "pass --display vnc=unix:PATH, or set DISPLAY" },
	{ "", NULL, "Could not initialize SDL", NULL, "there is no desktop for a window",
	  "pass --display vnc=unix:PATH, or set DISPLAY" },
	{ "", NULL, "unable to find CPU model", NULL,
	  "this QEMU does not know the CPU model",
	  "see --cpu help of QEMU: klab run --qemu-opts '-cpu help'" },
	{ "", NULL, "nvalid parameter", NULL, "QEMU did not take its options",
	  "see the line above, and --dry-run for the whole command" },

	/* Memory. */
	{ "Out of memory and no killable processes", NULL, NULL, NULL,
	  "the guest ran out of memory and had nothing left to kill",
	  "pass a larger -m" },
	{ "Initramfs unpacking failed: write error", NULL, NULL, NULL,
	  "the initramfs does not fit in the guest's memory", "pass a larger -m" },
	{ "initramfs unpacking failed", "no space left", NULL, NULL,
	  "the initramfs does not fit in the guest's memory", "pass a larger -m" },
	{ "initrd too large to handle", NULL, NULL, NULL,
	  "the initramfs does not fit in the guest's memory", "pass a larger -m" },
	{ "disabling initrd", NULL, NULL, NULL,
	  "the initramfs does not fit in the guest's memory", "pass a larger -m" },
	{ "panic_on_oom is enabled", NULL, NULL, NULL,
	  "the guest ran out of memory, and panics when it does (panic_on_oom)",
	  "pass a larger -m" },
	{ "System is deadlocked on memory", NULL, NULL, NULL,
	  "the guest ran out of memory while booting", "pass a larger -m" },
	{ "Memory cgroup out of memory", NULL, NULL, NULL,
	  "a memory cgroup in the guest ran out of memory", "raise its limit" },
	{ "Out of memory: Killed process", NULL, NULL, NULL,
	  "the guest ran out of memory; its kernel killed a process",
	  "pass a larger -m" },
	{ "Initramfs unpacking failed: invalid magic", NULL, NULL, NULL,
	  "the kernel cannot read the initramfs: it is no cpio archive, or compressed in a "
	  "way that this kernel was built without",
	  "pass it uncompressed, or enable CONFIG_RD_..." },

	/* Init. */
	{ "exec format error", "/init", NULL, NULL,
	  "init is a program for another architecture (error -8)",
	  "put a static program of the guest's architecture there" },
	{ "Requested init", "failed (error -8)", NULL, NULL,
	  "init is a program for another architecture, or no program at all (error -8)",
	  "put a static program of the guest's architecture there" },
	{ "Failed to execute", "(error -8)", NULL, NULL,
	  "init is a program for another architecture, or no program at all (error -8)",
	  "put a static program of the guest's architecture there" },
	{ "Failed to execute", "(error -13)", NULL, NULL,
	  "init is not executable (error -13)", "chmod +x it" },
	{ "Requested init", "failed (error -13)", NULL, NULL,
	  "init is not executable (error -13)", "chmod +x it" },
	{ "Requested init", "failed (error -2)", NULL, NULL,
	  "the init that the command line names does not exist, or lacks its dynamic loader "
	  "(error -2)",
	  "check the path in init= or rdinit=, or link the program statically" },
	{ "klab-agent: cannot start init", NULL, NULL, NULL,
	  "the init that init= names cannot be started",
	  "check that it is in the image (--add, --overlay), executable and of the guest's "
	  "architecture, and that its interpreter or loader is there" },
	{ "trap invalid opcode", "init", NULL, NULL,
	  "init uses an instruction that this CPU lacks (illegal instruction)",
	  "build it for a plain CPU, or pass --cpu max" },
	{ "Attempted to kill init!", "exitcode=0x00000004", NULL, NULL,
	  "init died of an illegal instruction",
	  "build it for a plain CPU, or pass --cpu max" },
	{ "Attempted to kill init!", "exitcode=0x0000000b", NULL, NULL,
	  "init died of a segmentation fault",
	  "run it by itself first: -- /path/of/init" },
	{ "No working init found", NULL, NULL, NULL,
	  "the root file system has no init, or none that can be executed",
	  "put an executable /init (initramfs) or /sbin/init (disk) there" },
	{ "Attempted to kill init!", NULL, NULL, NULL,
	  "init ended, and a kernel cannot go on without it",
	  "an init must not return: end it with poweroff, or loop" },

	/* The root file system. */
	{ "Unable to mount root fs", "unknown-block(0,0)", NULL, NULL,
	  "the kernel found no root file system: no initramfs with an /init, and no root= "
	  "that exists",
	  "pass an initramfs that has an executable /init, or -a root=/dev/vda with --disk" },
	{ "Unable to mount root fs", NULL, NULL, NULL,
	  "the kernel cannot mount its root file system",
	  "check root= and that its driver and file system are built in" },
	{ "Waiting for root device", NULL, NULL, NULL,
	  "the kernel waits for a root device that does not appear",
	  "check root= and that its driver is built in" },

	/* klab's channel. */
	{ "klab-agent: no channel", NULL, NULL, NULL,
	  "the kernel has no driver for klab's channel (virtio-serial over PCI)",
	  "enable CONFIG_VIRTIO_PCI and CONFIG_VIRTIO_CONSOLE, or let klab find the "
	  "kernel's modules" },
	{ "klab-agent: cannot serve: this kernel has no", NULL, NULL, NULL,
	  "the kernel lacks a system call that klab's agent needs",
	  "enable CONFIG_EPOLL and CONFIG_SIGNALFD" },
	{ "", NULL, NULL, no_channel_driver,
	  "the kernel has no driver for klab's channel (virtio-serial over PCI)",
	  "enable CONFIG_VIRTIO_PCI and CONFIG_VIRTIO_CONSOLE, or let klab find the "
	  "kernel's modules" },

	/* The host. */
	{ "IO-APIC + timer doesn't work", NULL, NULL, NULL,
	  "the guest's timer interrupt came too late: the host is overloaded",
	  "start fewer guests at once, or pass -a no_timer_check (which klab does by itself "
	  "without --plain)" },

	/* Init again: it works, but is not done; or is done. */
	{ "reboot: System halted", NULL, NULL, NULL,
	  "the guest has halted: it stands still, with its power on",
	  "end it with poweroff; a kernel that cannot (without CONFIG_ACPI) halts instead" },
	{ "klab-agent: init has not said yet", NULL, NULL, NULL,
	  "init's services did not come up in time",
	  "see the console above for what they wait for, or pass --boot-timeout 300" },
	{ "klab-agent: --eval-late has not ended yet", NULL, NULL, NULL,
	  "the lines of --eval-late did not end in time",
	  "end the last one with & if it is to go on, or pass --boot-timeout 300" },

	/* Nothing at all. */
	{ "", NULL, NULL, silent_hang,
	  "the kernel said nothing: it is not for this machine, or has no driver for its "
	  "console",
	  "check --arch and --machine, enable the serial console "
	  "(CONFIG_SERIAL_8250_CONSOLE, CONFIG_SERIAL_AMBA_PL011_CONSOLE), or try "
	  "--boot image and -a earlycon" },
	{ "", NULL, NULL, never_ready, "the guest did not come up in time",
	  "see the console above; a slow host may want --boot-timeout 300" },
};

static bool rule_fits(const struct rule *rule, const struct explain_facts *facts)
{
	return strcasestr(facts->console, rule->console) &&
	       (!rule->also || strcasestr(facts->console, rule->also)) &&
	       (!rule->qemu || strcasestr(facts->qemu_stderr, rule->qemu)) &&
	       (!rule->when || rule->when(facts));
}

/* After these words of the agent nothing more can come. */
static const char *const hopeless[] = {
	"klab-agent: no channel: the kernel shows no ",
	"klab-agent: cannot serve: ",
};

bool console_is_hopeless(const char *console, size_t new_size)
{
	size_t size = strlen(console);

	for (size_t i = 0; i < ARRAY_SIZE(hopeless); i++) {
		/* They may have come in two parts. */
		size_t back = new_size + strlen(hopeless[i]) - 1;

		if (strstr(console + (back < size ? size - back : 0), hopeless[i]))
			return true;
	}
	return false;
}

bool explain(const struct explain_facts *facts, char **ret_sentence, char **ret_hint)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (!rule_fits(&rules[i], facts))
			continue;
		*ret_sentence = xstrdup(rules[i].sentence);
		*ret_hint = xstrdup(rules[i].hint);
		return true;
	}
	return false;
}

char *console_tail(const char *console, size_t size, unsigned int lines)
{
	_cleanup_text_ struct text plain = { 0 }, tail = { 0 };
	size_t start;

	for (size_t i = 0; i < size; i++)
		if (console[i] != '\r' && console[i])
			text_append_char(&plain, console[i]);
	while (plain.length && plain.data[plain.length - 1] == '\n')
		text_truncate(&plain, plain.length - 1);
	start = plain.length;
	for (unsigned int n = 0; start; start--)
		if (plain.data[start - 1] == '\n' && ++n >= lines)
			break;
	text_append_harmless(&tail, text_str(&plain) + start, plain.length - start);
	return text_take(&tail);
}
