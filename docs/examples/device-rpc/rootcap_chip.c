#include "rootcap_chip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct text {
    char *at;
    size_t length, room;
};

struct rootcap_chip {
    FILE *from, *to;
    unsigned id;
    struct text request;
    char *reply;
    size_t reply_room;
};

static char *grow(struct text *text, size_t more)
{
    if (text->length + more + 1 > text->room) {
        text->room = 2 * text->room + more + 256;
        text->at = realloc(text->at, text->room);
        if (!text->at)
            abort();
    }
    return text->at + text->length;
}

static void add(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    vsnprintf(grow(text, (size_t)size), (size_t)size + 1, format, again);
    text->length += (size_t)size;
    va_end(again);
    va_end(arguments);
}

static void add_bytes(struct text *text, const uint8_t *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *to = grow(text, 2 * size);
    for (size_t i = 0; i < size; i++) {
        *to++ = digits[data[i] >> 4];
        *to++ = digits[data[i] & 15];
    }
    *to = '\0';
    text->length += 2 * size;
}

static int dial(const char *endpoint)
{
    if (!strncmp(endpoint, "unix:", 5)) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(address.sun_path, sizeof address.sun_path, "%s", endpoint + 5);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        return connect(fd, (struct sockaddr *)&address, sizeof address) ? -1 : fd;
    }
    const char *port = strrchr(endpoint, ':');
    if (strncmp(endpoint, "tcp:", 4) || !port) {
        errno = EINVAL;
        return -1;
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10));
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return connect(fd, (struct sockaddr *)&address, sizeof address) ? -1 : fd;
}

/* What follows `"name":` in the reply. Replies are written without spaces, and text in them comes last. */
static const char *member(const rootcap_chip *chip, const char *name)
{
    char pattern[32];
    snprintf(pattern, sizeof pattern, "\"%s\":", name);
    const char *found = strstr(chip->reply, pattern);
    return found ? found + strlen(pattern) : NULL;
}

static void begin(rootcap_chip *chip, const char *method)
{
    chip->request.length = 0;
    add(&chip->request, "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"%s\",\"params\":", ++chip->id, method);
}

/* Sends the request and reads its reply. Lines without an id are events, which nobody asked for here. */
static int finish(rootcap_chip *chip)
{
    add(&chip->request, "}\n");
    fwrite(chip->request.at, 1, chip->request.length, chip->to);
    fflush(chip->to);
    do {
        if (getline(&chip->reply, &chip->reply_room, chip->from) <= 0) {
            perror("device RPC");
            exit(1);
        }
    } while (!member(chip, "id"));
    return member(chip, "error") ? -1 : 0;
}

rootcap_chip *rootcap_open(const char *options)
{
    const char *endpoint = getenv("ROOTCAP_RPC");
    int fd = endpoint ? dial(endpoint) : (errno = EDESTADDRREQ, -1);
    if (fd < 0) {
        perror(endpoint ? endpoint : "ROOTCAP_RPC");
        return NULL;
    }
    rootcap_chip *chip = calloc(1, sizeof *chip);
    if (!chip)
        abort();
    chip->from = fdopen(fd, "r");
    chip->to = fdopen(dup(fd), "w");
    begin(chip, "create");
    add(&chip->request, "%s", options ? options : "{}");
    if (finish(chip)) {
        fprintf(stderr, "create: %s", rootcap_error(chip));
        rootcap_close(chip);
        return NULL;
    }
    return chip;
}

void rootcap_close(rootcap_chip *chip)
{
    fclose(chip->from);
    fclose(chip->to);
    free(chip->request.at);
    free(chip->reply);
    free(chip);
}

const char *rootcap_error(const rootcap_chip *chip)
{
    const char *error = member(chip, "error");
    return error ? error : "";
}

int rootcap_read(rootcap_chip *chip, uint32_t address, uint32_t *value)
{
    begin(chip, "read");
    add(&chip->request, "{\"address\":%" PRIu32 "}", address);
    if (finish(chip))
        return -1;
    *value = (uint32_t)strtoul(member(chip, "value"), NULL, 10);
    return 0;
}

int rootcap_write(rootcap_chip *chip, uint32_t address, uint32_t value)
{
    begin(chip, "write");
    add(&chip->request, "{\"address\":%" PRIu32 ",\"value\":%" PRIu32 "}", address, value);
    return finish(chip);
}

int rootcap_read_fifo(rootcap_chip *chip, uint32_t address, uint8_t *data, size_t size)
{
    begin(chip, "transfer");
    add(&chip->request, "{\"ops\":[[\"rf\",%" PRIu32 ",%zu]]}", address, size);
    if (finish(chip))
        return -1;
    const char *digits = member(chip, "results") + 2; /* after [" */
    for (size_t i = 0; i < size; i++) {
        const char pair[] = {digits[2 * i], digits[2 * i + 1], '\0'};
        data[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return 0;
}

int rootcap_write_fifo(rootcap_chip *chip, uint32_t address, const uint8_t *data, size_t size)
{
    begin(chip, "transfer");
    add(&chip->request, "{\"ops\":[[\"wf\",%" PRIu32 ",\"", address);
    add_bytes(&chip->request, data, size);
    add(&chip->request, "\"]]}");
    return finish(chip);
}

int64_t rootcap_step(rootcap_chip *chip, uint64_t cycles, const uint32_t *watch, size_t watched)
{
    begin(chip, "step");
    add(&chip->request, "{\"cycles\":%" PRIu64 ",\"watch\":[", cycles);
    for (size_t i = 0; watch && i < watched; i++)
        add(&chip->request, "%s%" PRIu32, i ? "," : "", watch[i]);
    add(&chip->request, "]}");
    return finish(chip) ? -1 : (int64_t)strtoll(member(chip, "ran"), NULL, 10);
}
