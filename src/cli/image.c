// SPDX-License-Identifier: GPL-2.0-or-later
/* klab image: build what a guest boots into, show what is in it, and look after the rest. */
#include "image/image.h"

#include <stdio.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/fetching.h"
#include "cli/image-disk.h"
#include "cli/listing.h"
#include "cli/print.h"
#include "format/cpio.h"
#include "format/decompress.h"
#include "format/json.h"
#include "image/recipe.h"
#include "lab/root.h"
#include "os/file.h"

#define SHOW_MAX ((size_t)1 << 30)

struct own_options {
	char *output;
	uint64_t size;
	bool json;
};

/* What goes in, and everything that it needs while it is used. */
struct job {
	struct store *store;
	struct kernel *kernel;
	struct recipe recipe;
	struct image_add *adds;
	size_t add_count;
	struct strv modules;
	struct image_options options;
	struct image image;
	struct fetching fetching;
};

static void job_deinit(struct job *job)
{
	fetching_done(&job->fetching);
	for (size_t i = 0; i < job->add_count; i++)
		image_add_deinit(&job->adds[i]);
	free(job->adds);
	strv_deinit(&job->modules);
	image_deinit(&job->image);
	recipe_deinit(&job->recipe);
	kernel_free(job->kernel);
	store_free(job->store);
}

static struct error *find_kernel(struct job *job, const struct guest_options *guest)
{
	const struct kernel_resolve_options options = {
		.spec = guest->kernel,
		.arch = guest->arch ? arch_find(guest->arch) : NULL,
		.output = guest->output,
		.fetch = &job->fetching.options,
	};

	return kernel_resolve(job->store, &options, &job->kernel);
}

static struct error *job_prepare(struct job *job, const struct call *call)
{
	const struct guest_options *guest = call->guest;

	fetching_init(&job->fetching, call);
	TRY(store_open(NULL, &job->store));
	TRY(find_kernel(job, guest));
	TRY(recipe_find(guest->root ? guest->root : RECIPE_DEFAULT, &job->recipe));
	job->adds = xcalloc(guest->adds.count, sizeof(*job->adds));
	for (size_t i = 0; i < guest->adds.count; i++) {
		TRY(image_add_parse(guest->adds.items[i], &job->adds[i]));
		job->add_count++;
	}
	if (!job->recipe.alone)
		strv_push_all(&job->modules, job->kernel->arch->channel_modules);
	strv_push_all(&job->modules, (const char *const *)guest->modules.items);
	job->options = (struct image_options){
		.recipe = &job->recipe,
		.kernel = job->kernel,
		.modules = (const char *const *)job->modules.items,
		.adds = job->adds,
		.add_count = job->add_count,
		.overlays = (const char *const *)guest->overlays.items,
		.arch = job->kernel->arch,
		.no_agent = guest->no_agent || job->recipe.alone,
		.cross_compile = guest->cross_compile,
		.fetch = &job->fetching.options,
	};
	return NULL;
}

static struct error *build(struct job *job, const struct call *call)
{
	const struct own_options *own = call->options;

	TRY(job_prepare(job, call));
	if (own->output)
		TRY(image_write(job->store, &job->options, own->output, &job->image));
	else
		TRY(image_build(job->store, &job->options, &job->image));
	fetching_done(&job->fetching);
	for (size_t i = 0; i < job->image.missing_modules.count; i++)
		print_note("the kernel has no module %s",
			   job->image.missing_modules.items[i]);
	return NULL;
}

static struct error *build_initramfs(const struct call *call)
{
	const struct own_options *own = call->options;
	_cleanup_(job_deinit) struct job job = {};
	_cleanup_json_ struct json_object *object = NULL;
	_cleanup_free_ char *text = NULL;

	TRY(build(&job, call));
	if (!own->json) {
		puts(job.image.path);
		return NULL;
	}
	object = json_new_object();
	json_add_string(object, "path", job.image.path);
	json_add_u64(object, "bytes", job.image.size);
	json_add_string(object, "digest", job.image.digest);
	json_add_string(object, "kernel", job.kernel->name);
	json_add_string(object, "arch", job.kernel->arch->name);
	json_add_strings(object, "missing_modules",
			 (const char *const *)job.image.missing_modules.items);
	text = json_pretty(object);
	fputs(text, stdout);
	return NULL;
}

/* "-rwxr-xr-x", as ls has it. */
static void format_mode(uint32_t mode, char ret[11])
{
	static const char types[] = "?pc?d?b?-?l?s???";
	static const char letters[] = "rwxrwxrwx";

	ret[0] = types[mode >> 12 & 15];
	for (unsigned int i = 0; i < 9; i++)
		ret[1 + i] = mode & 0400u >> i ? letters[i] : '-';
	ret[10] = '\0';
}

enum { COLUMN_MODE, COLUMN_SIZE, COLUMN_DEVICE, COLUMN_NAME, COLUMN_TARGET };

static const struct table_column columns[] = {
	[COLUMN_MODE] = { .title = "MODE", .key = "mode" },
	[COLUMN_SIZE] = { .title = "SIZE", .key = "bytes", .type = TABLE_NUMBER },
	[COLUMN_DEVICE] = { .title = "DEVICE", .key = "device" },
	[COLUMN_NAME] = { .title = "NAME", .key = "name" },
	[COLUMN_TARGET] = { .title = "TARGET", .key = "target" },
};

static void add_item(struct table *table, const struct cpio_item *item)
{
	struct table_row *row = table_add(table, NULL);
	char mode[11];

	format_mode(item->mode, mode);
	table_set_text(table, row, COLUMN_MODE, mode);
	table_set_u64(table, row, COLUMN_SIZE, item->size);
	if (S_ISCHR(item->mode) || S_ISBLK(item->mode))
		table_set_textf(table, row, COLUMN_DEVICE, "%u,%u", item->major,
				item->minor);
	table_set_text(table, row, COLUMN_NAME, item->name);
	if (S_ISLNK(item->mode))
		table_set_textf(table, row, COLUMN_TARGET, "%.*s", (int)item->size,
				(const char *)item->data);
}

/* Of one archive; *data and *size become what follows it. */
static struct error *add_items(struct table *table, const uint8_t **data, size_t *size)
{
	struct cpio_reader reader = cpio_reader_of(*data, *size);
	struct cpio_item item;
	bool end = false;

	for (;;) {
		TRY(cpio_read(&reader, &item, &end));
		if (end)
			break;
		add_item(table, &item);
	}
	*data = cpio_reader_rest(&reader, size);
	return NULL;
}

/* As the kernel takes them: a distribution's begins with microcode, and goes on compressed. */
static struct error *add_archives(struct table *table, const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text unpacked = {};

	do {
		if (compression_detect(data, size) != COMPRESSION_NONE) {
			struct text more = {};

			TRY(decompress_to_memory(data, size, SHOW_MAX, &more));
			text_deinit(&unpacked);
			unpacked = more;
			data = (const uint8_t *)unpacked.data;
			size = unpacked.length;
		}
		TRY(add_items(table, &data, &size));
	} while (compression_detect(data, size) != COMPRESSION_NONE);
	return NULL;
}

static struct error *show_file(const char *path, bool json)
{
	_cleanup_bytes_ struct bytes bytes = {};
	_cleanup_(table_freep) struct table *table =
		listing_new("files", columns, ARRAY_SIZE(columns), json);

	/* Not mapped: somebody may be writing the file. */
	TRY(file_read(path, SHOW_MAX, &bytes));
	TRY_WRAP(add_archives(table, bytes.data, bytes.size), "%s", path);
	return table_print(table, stdout);
}

static struct error *run_show(struct call *call)
{
	const struct own_options *own = call->options;
	_cleanup_(job_deinit) struct job job = {};

	if (call->words.count > 1)
		return show_file(call->words.items[1], own->json);
	TRY(build(&job, call));
	return show_file(job.image.path, own->json);
}

static struct error *run_build(struct call *call)
{
	const struct own_options *own = call->options;

	if (call->words.count > 1)
		return error_hint(error_new(ERROR_USAGE,
					    "klab image build takes no file as a word"),
				  "klab image build -o %s", call->words.items[1]);
	if (root_where(call->guest) != ROOT_INITRAMFS)
		return image_disk_build(call, own->output, own->size, own->json);
	if (own->size)
		return error_hint(error_new(ERROR_USAGE, "--size: an initramfs is as "
							 "large as what is in it"),
				  "--root SPEC, for a disk");
	return build_initramfs(call);
}

static struct error *run_list(struct call *call)
{
	const struct own_options *own = call->options;

	return image_list(call, own->json);
}

static struct error *run_remove(struct call *call)
{
	if (call->words.count < 2)
		return error_hint(error_new(ERROR_USAGE, "which image?"),
				  "klab image rm NAME; klab image list shows them");
	return image_remove(call);
}

static const struct {
	const char *name;
	struct error *(*run)(struct call *call);
} actions[] = {
	{ "build", run_build }, { "show", run_show },	  { "list", run_list },
	{ "rm", run_remove },	{ "mount", image_mount },
};

static struct error *image_run(struct call *call)
{
	const char *verb = call->words.items[0];

	if (call->guest->command.count && !streq(verb, "mount"))
		return error_new(ERROR_USAGE, "klab image %s takes no command", verb);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (streq(actions[i].name, verb))
			return actions[i].run(call);
	return NULL; /* the parser has seen to that */
}

static const struct option_row options[] = {
	{ .name = "output",
	  .letter = 'o',
	  .argument = "FILE",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct own_options, output),
	  .values = OPTION_VALUES_FILES,
	  .help = "build: write it there instead of into the store" },
	{ .name = "size",
	  .argument = "SIZE",
	  .kind = OPTION_SIZE,
	  .unit = 1 << 20,
	  .offset = offsetof(struct own_options, size),
	  .help = "build: the size of a disk (its content, a quarter, and 1 GiB)" },
	OPTION_JSON(struct own_options),
	OPTION_ROWS_END,
};

static const struct command_example examples[] = {
	{ "klab image build -k debian --add ./test:/root/ -o rootfs.cpio",
	  "An initramfs with a file of one's own" },
	{ "klab image build --root tar:base.tar.xz -o base.ext4",
	  "A disk with what is in an archive, owners and device nodes too" },
	{ "klab image mount base.ext4", "A shell in it that may change it" },
	{ "klab image show", "What klab run would boot into" },
	{ NULL, NULL },
};

static const char *const verbs[] = { "build", "show", "list", "rm", "mount", NULL };

const struct command command_image = {
	.name = "image",
	.group = COMMAND_KERNELS,
	.summary = "root file systems: build, show, list, rm, mount",
	.arguments = "build\nshow [FILE]\nlist\nrm NAME...\nmount NAME|FILE [-- CMD...]",
	.description =
		"build prints where the image is: an initramfs (uncompressed newc), or, "
		"where --root names a directory or an archive, a disk (ext4); the same "
		"bytes for the same input, and nothing of it needs root. show lists a "
		"FILE of the first kind, or what build would make.\n\n"
		"list shows what klab keeps: disks with a name (--disk-name), which are "
		"yours, and what is in the store, which can be made again. rm removes "
		"by name, or by the beginning of a key.\n\n"
		"mount boots a guest that has the disk as its root and writes to it, with "
		"klab's agent as PID 1: a shell or a command in the image, where no "
		"program of the image has been started.",
	.examples = examples,
	.traits = COMMAND_TAKES_CMD,
	.shared = OPTIONS_KERNEL | OPTIONS_ARCH | OPTIONS_IMAGE,
	.options = options,
	.options_size = sizeof(struct own_options),
	.words_min = 1,
	.words_max = 16,
	.verbs = verbs,
	.words_are = OPTION_VALUES_FILES,
	.run = image_run,
};
