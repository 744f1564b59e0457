// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine as an object: its end, and the disks that the user adds to it.  Looking at a
 * disk's first bytes decides its format, which is the one place where a guest could lead
 * QEMU astray: what it writes to a raw disk may look like a qcow2 header that names a file
 * of the host as its backing file.  Such a header counts only where the user says so.
 */
#include "vm/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/reader.h"

#define QCOW2_MAGIC 0x514649fbu /* "QFI\xfb" */
/* docs/interop/qcow2.txt of QEMU: the header's fields used here. */
#define QCOW2_HEADER_SIZE 80
#define QCOW2_BACKING_OFFSET 8
#define QCOW2_INCOMPATIBLE_OFFSET 72
#define QCOW2_INCOMPATIBLE_DATA_FILE (UINT64_C(1) << 2)

static void machine_disk_deinit(struct machine_disk *disk)
{
	free(disk->path);
	free(disk->format);
}

static void machine_share_deinit(struct machine_share *share)
{
	free(share->path);
	free(share->tag);
	free(share->server);
}

void machine_deinit(struct machine *machine)
{
	for (size_t i = 0; i < machine->share_count; i++)
		machine_share_deinit(&machine->shares[i]);
	free(machine->shares);
	for (size_t i = 0; i < machine->disk_count; i++)
		machine_disk_deinit(&machine->disks[i]);
	free(machine->disks);
	free(machine->machine);
	free(machine->cpu);
	free(machine->kernel);
	free(machine->initrd);
	free(machine->append);
	free(machine->firmware);
	free(machine->display);
	free(machine->net.name);
	free(machine->net.peer);
	free(machine->net.mac);
	free(machine->qemu);
	strv_deinit(&machine->qemu_options);
	*machine = (struct machine){ 0 };
}

enum disk_looks { DISK_LOOKS_RAW, DISK_LOOKS_QCOW2, DISK_LOOKS_QCOW2_REFERRING };

static enum disk_looks disk_header_looks(const uint8_t *header, size_t size)
{
	struct reader r = reader_of(header, size);
	uint32_t magic = (uint32_t)reader_uint_be(&r, 4);
	uint32_t version = (uint32_t)reader_uint_be(&r, 4);
	uint64_t backing, incompatible;

	if (r.failed || magic != QCOW2_MAGIC || version < 2)
		return DISK_LOOKS_RAW;
	(void)reader_seek(&r, QCOW2_BACKING_OFFSET); /* the reader remembers */
	backing = reader_uint_be(&r, 8);
	(void)reader_seek(&r, QCOW2_INCOMPATIBLE_OFFSET);
	incompatible = reader_uint_be(&r, 8);
	if (r.failed)
		return DISK_LOOKS_RAW;
	if (backing || (version >= 3 && (incompatible & QCOW2_INCOMPATIBLE_DATA_FILE)))
		return DISK_LOOKS_QCOW2_REFERRING;
	return DISK_LOOKS_QCOW2;
}

static struct error *disk_look(const char *path, bool writes, bool *ret_device,
			       enum disk_looks *ret)
{
	uint8_t header[QCOW2_HEADER_SIZE];
	_cleanup_close_ int fd = -1;
	struct stat st;
	ssize_t n;

	/* Not blocking: it may be a FIFO, which is refused below. */
	fd = open(path, (writes ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		struct error *err = error_os(errno, "cannot open the disk %s", path);

		if (writes && (errno == EACCES || errno == EROFS))
			err = error_hint(err, "without --rw and \",rw\" it is only read");
		return err;
	}
	if (fstat(fd, &st) < 0)
		return error_os(errno, "cannot look at the disk %s", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_new(ERROR_USAGE,
				 "the disk %s is neither a file nor a block device",
				 path);
	n = pread(fd, header, sizeof(header), 0);
	if (n < 0)
		return error_os(errno, "cannot read the disk %s", path);
	*ret_device = S_ISBLK(st.st_mode);
	*ret = disk_header_looks(header, (size_t)n);
	return NULL;
}

static struct error *disk_decide_format(struct machine_disk *disk, enum disk_looks looks)
{
	if (disk->format)
		return NULL;
	if (looks == DISK_LOOKS_QCOW2_REFERRING && !has_suffix(disk->path, ".qcow2")) {
		struct error *err = error_new(
			ERROR_USAGE,
			"the disk %s has a qcow2 header that refers to another file",
			disk->path);

		return error_hint(
			err,
			"If that is meant: --disk %s,format=qcow2; if a guest wrote it "
			"there: format=raw.",
			disk->path);
	}
	disk->format = xstrdup(looks == DISK_LOOKS_RAW ? "raw" : "qcow2");
	return NULL;
}

/* Cut the option words off the end; what precedes is the path, commas and all. */
static void disk_parse(const char *spec, struct machine_disk *disk)
{
	char *path = xstrdup(spec);
	char *comma;

	while ((comma = strrchr(path, ','))) {
		const char *format = after_prefix(comma + 1, "format=");

		if (streq(comma + 1, "ro"))
			disk->mode = MACHINE_DISK_READ_ONLY;
		else if (streq(comma + 1, "rw"))
			disk->mode = MACHINE_DISK_KEEP;
		else if (format && (streq(format, "raw") || streq(format, "qcow2"))) {
			free(disk->format);
			disk->format = xstrdup(format);
		} else
			break;
		*comma = '\0';
	}
	disk->path = path;
}

bool machine_keeps(const struct machine *machine)
{
	for (size_t i = 0; i < machine->disk_count; i++)
		if (machine->disks[i].mode == MACHINE_DISK_KEEP)
			return true;
	return false;
}

struct error *machine_add_disk(struct machine *machine, const char *spec,
			       enum machine_disk_mode mode)
{
	_cleanup_(machine_disk_deinit) struct machine_disk disk = { .mode = mode };
	enum disk_looks looks = DISK_LOOKS_RAW;

	disk_parse(spec, &disk);
	TRY(disk_look(disk.path, disk.mode == MACHINE_DISK_KEEP, &disk.device, &looks));
	TRY(disk_decide_format(&disk, looks));
	array_reserve(machine->disks, machine->disk_count, machine->disk_capacity);
	machine->disks[machine->disk_count++] = disk;
	disk = (struct machine_disk){ 0 };
	return NULL;
}

const char *machine_add_share(struct machine *machine, const char *path, bool read_only)
{
	struct machine_share *share;

	array_reserve(machine->shares, machine->share_count, machine->share_capacity);
	share = &machine->shares[machine->share_count];
	*share = (struct machine_share){
		.path = xstrdup(path),
		.tag = xasprintf("klab%zu", machine->share_count++),
		.read_only = read_only,
	};
	return share->tag;
}

const char *machine_add_served_share(struct machine *machine, const char *path,
				     const char *server)
{
	const char *tag = machine_add_share(machine, path, true);

	machine->shares[machine->share_count - 1].server = xstrdup(server);
	return tag;
}
