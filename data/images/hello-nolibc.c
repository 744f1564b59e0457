// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An init without libc.  What libc brings a program is here in a few lines: the entry that
 * the kernel jumps to, and the instruction that enters the kernel.  The kernel's own
 * tools/include/nolibc does it for many more system calls.
 *
 * The numbers are those of asm/unistd.h, and differ between architectures; the registers
 * are in syscall(2).
 */
#if defined(__x86_64__)

#define NR_write 1
#define NR_reboot 169
#define NR_exit 60

static long system_call(long number, long a, long b, long c)
{
	long result;

	/* The instruction itself uses rcx and r11. */
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

/* At the entry rsp is a multiple of 16; a function expects the 8 bytes of a call below. */
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	call init\n");

#elif defined(__aarch64__)

#define NR_write 64
#define NR_reboot 142
#define NR_exit 93

static long system_call(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}

__asm__(".globl _start\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	bl init\n");

#else
#error "this architecture's system calls are not written down here"
#endif

/* linux/reboot.h: the two magic numbers keep an accident from rebooting a machine. */
#define REBOOT_MAGIC1 0xfee1dead
#define REBOOT_MAGIC2 672274793
#define REBOOT_POWER_OFF 0x4321fedc

static const char words[] = "Hello, world! There is no libc here.\n";

__attribute__((noreturn, used)) void init(void)
{
	system_call(NR_write, 1, (long)words, sizeof(words) - 1);
	system_call(NR_reboot, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_POWER_OFF);
	for (;;)
		system_call(NR_exit, 1, 0, 0); /* the kernel panics */
}
