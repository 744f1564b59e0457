// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest that measures KVM (kvm-probe.h), for x86_64 and aarch64 hosts.
 *
 * x86_64, guest physical memory:
 *
 *	0x1000	PML4, 0x2000 PDPT, 0x3000 page directory: 2 MiB at address 0, and a hole
 *		behind it that is filled by the page-fault handler and made anew each round
 *	0x4000	GDT, 0x5000 IDT, 0x6000 TSS
 *	0x8000	top of the kernel's stacks, 0xa000 top of the user's
 *	0x10000	code
 */
#include "vm/kvm-probe.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"

#if defined(__x86_64__)

enum {
	PML4 = 0x1000,
	PDPT = 0x2000,
	DIRECTORY = 0x3000,
	GDT = 0x4000,
	IDT = 0x5000,
	TSS = 0x6000,
	STACK = 0x7800,
	INTERRUPT_STACK = 0x8000,
	CODE = 0x10000,
};

enum { KERNEL_CODE = 0x08, KERNEL_DATA = 0x10, USER_CODE = 0x1b, USER_DATA = 0x23 };
enum { CPUID_MAX = 256 };

/* rbp: rounds left; r14: turns of a round.  The numbers are those of the layout above. */
__asm__(".pushsection .rodata\n"
	"kvm_guest_code:\n"
	"1:	mov	%r14, %rcx\n"
	"2:	dec	%rcx\n"
	"	jnz	2b\n"
	"	mov	0x200000, %rax\n" /* faults */
	"	movq	$0, 0x3008\n"	  /* the hole again... */
	"	mov	%cr3, %rax\n"
	"	mov	%rax, %cr3\n" /* ...seen by the CPU */
	"	xor	%eax, %eax\n"
	"	cpuid\n"
	"	mov	%rsp, %r15\n"
	"	pushq	$0x23\n"
	"	pushq	$0xa000\n"
	"	pushfq\n"
	"	pushq	$0x1b\n"
	"	lea	3f(%rip), %rax\n"
	"	push	%rax\n"
	"	iretq\n"
	"3:	int	$0x80\n" /* in ring 3 */
	"kvm_guest_system_call:\n"
	"	mov	%r15, %rsp\n"
	"	out	%al, $0x10\n" /* a round is done */
	"	jmp	1b\n"
	"kvm_guest_page_fault:\n"
	"	movq	$0x87, 0x3008\n" /* present, writable, user, 2 MiB at 0 */
	"	add	$8, %rsp\n"	 /* the error code */
	"	iretq\n"
	"kvm_guest_code_end:\n"
	".popsection\n");

extern const uint8_t kvm_guest_code[], kvm_guest_code_end[];
extern const uint8_t kvm_guest_system_call[], kvm_guest_page_fault[];

static void put64(uint8_t *memory, size_t at, uint64_t value)
{
	memcpy(memory + at, &value, sizeof(value));
}

/* Intel SDM volume 3, 6.14.1 "64-Bit Mode IDT". */
static void put_gate(uint8_t *memory, unsigned int vector, const uint8_t *handler,
		     uint64_t type)
{
	uint64_t address = CODE + (uint64_t)(handler - kvm_guest_code);

	put64(memory, IDT + 16 * vector,
	      (address & 0xffff) | (uint64_t)KERNEL_CODE << 16 | type << 40 |
		      (address >> 16 & 0xffff) << 48);
}

static void fill_memory(uint8_t *memory)
{
	static const uint64_t gdt[] = {
		0,
		0x00209a0000000000, /* kernel code */
		0x0000920000000000, /* kernel data */
		0x0020fa0000000000, /* user code */
		0x0000f20000000000, /* user data */
	};

	put64(memory, PML4, PDPT | 7);
	put64(memory, PDPT, DIRECTORY | 7);
	put64(memory, DIRECTORY, 0x87);
	memcpy(memory + GDT, gdt, sizeof(gdt));
	put_gate(memory, 14, kvm_guest_page_fault, 0x8e);
	put_gate(memory, 0x80, kvm_guest_system_call, 0xee);
	put64(memory, TSS + 4, INTERRUPT_STACK); /* RSP0 */
	memcpy(memory + CODE, kvm_guest_code,
	       (size_t)(kvm_guest_code_end - kvm_guest_code));
}

static void fill_segments(struct kvm_sregs *s)
{
	struct kvm_segment code = {
		.limit = 0xffffffff,
		.selector = KERNEL_CODE,
		.type = 11,
		.present = 1,
		.s = 1,
		.l = 1,
		.g = 1,
	};
	struct kvm_segment data = {
		.limit = 0xffffffff,
		.selector = KERNEL_DATA,
		.type = 3,
		.present = 1,
		.s = 1,
		.db = 1,
		.g = 1,
	};

	s->cs = code;
	s->ds = s->es = s->fs = s->gs = s->ss = data;
	s->tr = (struct kvm_segment){
		.base = TSS,
		.limit = 0x67,
		.selector = 0x28,
		.type = 11,
		.present = 1,
	};
	s->gdt.base = GDT;
	s->gdt.limit = 5 * 8 - 1;
	s->idt.base = IDT;
	s->idt.limit = 256 * 16 - 1;
}

static const char *set_cpuid(int kvm_fd, int cpu_fd)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[CPUID_MAX];
	} cpuid = { .head.nent = CPUID_MAX };

	if (ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, &cpuid) < 0)
		return "KVM_GET_SUPPORTED_CPUID";
	if (ioctl(cpu_fd, KVM_SET_CPUID2, &cpuid) < 0)
		return "KVM_SET_CPUID2";
	return NULL;
}

const char *kvm_guest_prepare_vm(int vm_fd)
{
	/* Intel CPUs without "unrestricted guest" want a place for this. */
	(void)ioctl(vm_fd, KVM_SET_TSS_ADDR, 0xfffbd000UL);
	return NULL;
}

const char *kvm_guest_load(int kvm_fd, int vm_fd, int cpu_fd, uint8_t *memory)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs = {
		.rip = CODE,
		.rsp = STACK,
		.rflags = 2,
		.r14 = KVM_PROBE_TURNS / KVM_PROBE_ROUNDS,
	};
	const char *failed = set_cpuid(kvm_fd, cpu_fd);

	if (failed)
		return failed;
	fill_memory(memory);
	if (ioctl(cpu_fd, KVM_GET_SREGS, &sregs) < 0)
		return "KVM_GET_SREGS";
	fill_segments(&sregs);
	sregs.cr3 = PML4;
	sregs.cr4 = 1 << 5;			 /* PAE */
	sregs.cr0 = 1u << 31 | 1 << 16 | 1 << 0; /* PG, WP, PE */
	sregs.efer = 1 << 10 | 1 << 8;		 /* LMA, LME */
	if (ioctl(cpu_fd, KVM_SET_SREGS, &sregs) < 0)
		return "KVM_SET_SREGS";
	if (ioctl(cpu_fd, KVM_SET_REGS, &regs) < 0)
		return "KVM_SET_REGS";
	return NULL;
}

#elif defined(__aarch64__)

/* Without paging: the loop, and a store to where no memory is. */
enum { CODE = 0x10000 };

static const uint32_t guest_code[] = {
	0xaa0103e2, /* 1: mov x2, x1 */
	0xf1000442, /* 2: subs x2, x2, #1 */
	0x54ffffe1, /*    b.ne 2b */
	0xf9000003, /*    str x3, [x0]: a round is done */
	0x17fffffc, /*    b 1b */
};

static bool set_register(int cpu_fd, size_t offset, uint64_t value)
{
	struct kvm_one_reg reg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
		      offset / sizeof(uint32_t),
		.addr = (uintptr_t)&value,
	};

	return ioctl(cpu_fd, KVM_SET_ONE_REG, &reg) == 0;
}

const char *kvm_guest_prepare_vm(int vm_fd)
{
	return NULL;
}

const char *kvm_guest_load(int kvm_fd, int vm_fd, int cpu_fd, uint8_t *memory)
{
	struct kvm_vcpu_init init = { 0 };

	memcpy(memory + CODE, guest_code, sizeof(guest_code));
	if (ioctl(vm_fd, KVM_ARM_PREFERRED_TARGET, &init) < 0)
		return "KVM_ARM_PREFERRED_TARGET";
	if (ioctl(cpu_fd, KVM_ARM_VCPU_INIT, &init) < 0)
		return "KVM_ARM_VCPU_INIT";
	if (!set_register(cpu_fd, offsetof(struct kvm_regs, regs.pc), CODE) ||
	    !set_register(cpu_fd, offsetof(struct kvm_regs, regs.regs[0]),
			  KVM_PROBE_MEMORY) ||
	    !set_register(cpu_fd, offsetof(struct kvm_regs, regs.regs[1]),
			  KVM_PROBE_TURNS / KVM_PROBE_ROUNDS))
		return "KVM_SET_ONE_REG";
	return NULL;
}

#else

const char *kvm_guest_prepare_vm(int vm_fd)
{
	errno = ENOSYS;
	return "this host's architecture";
}

const char *kvm_guest_load(int kvm_fd, int vm_fd, int cpu_fd, uint8_t *memory)
{
	errno = ENOSYS;
	return "this host's architecture";
}

#endif
