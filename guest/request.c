// SPDX-License-Identifier: GPL-2.0-or-later
/* What a START asks for. */
#include "request.h"

#include <stdlib.h>

#include "frames.h"

const char *request_read(struct request *request, uint8_t *payload, size_t size)
{
	struct fields fields = { payload, size, false };

	request->flags = fields_u32(&fields);
	request->rows = fields_u16(&fields);
	request->columns = fields_u16(&fields);
	request->uid = fields_u32(&fields);
	request->gid = fields_u32(&fields);
	request->service = fields_string(&fields);
	request->cwd = fields_string(&fields);
	request->argv = fields_strings(&fields);
	request->environment = fields_strings(&fields);
	return fields_end(&fields) ? NULL : "a START that breaks its format";
}

void request_deinit(struct request *request)
{
	free(request->argv);
	free(request->environment);
}
