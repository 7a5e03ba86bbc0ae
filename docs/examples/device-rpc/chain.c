/* Boots a chip with firmware, stashes a measurement and writes its certificates down to a DPE leaf:
 * chain BUNDLE VENDOR_PK_HASH OWNER_PK_HASH (hexadecimal), files idevid.csr, ldevid.der, fmc.der, rt.der, leaf.der. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rootcap_chip.h"

enum {
    MBOX_LOCK = 0x30020000,
    MBOX_CMD = 0x30020008,
    MBOX_DLEN = 0x3002000c,
    MBOX_DATAIN = 0x30020010,
    MBOX_DATAOUT = 0x30020014,
    MBOX_EXECUTE = 0x30020018,
    MBOX_STATUS = 0x3002001c,
    CPTRA_FLOW_STATUS = 0x3003003c,
    CPTRA_MBOX_VALID_AXI_USER = 0x30030048,
    CPTRA_MBOX_AXI_USER_LOCK = 0x3003005c,
    CPTRA_FUSE_WR_DONE = 0x300300b0,
    CPTRA_BOOTFSM_GO = 0x300300b8,
    CPTRA_DBG_MANUF_SERVICE_REG = 0x300300bc,
    CPTRA_OWNER_PK_HASH = 0x30030140,
    FUSE_VENDOR_PK_HASH = 0x30030260,
    FUSE_PQC_KEY_TYPE = 0x3003038c,
};

enum { CSR_READY = 1 << 24, READY_FOR_FIRMWARE = 1 << 28, READY_FOR_RUNTIME = 1 << 29 };

static rootcap_chip *chip;

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, rootcap_error(chip));
    exit(1);
}

static uint32_t get(uint32_t address)
{
    uint32_t value;
    if (rootcap_read(chip, address, &value))
        fail("read");
    return value;
}

static void set(uint32_t address, uint32_t value)
{
    if (rootcap_write(chip, address, value))
        fail("write");
}

static void set_hash(uint32_t address, const char *hex)
{
    for (int i = 0; i < 12; i++) {
        char word[9] = {0};
        memcpy(word, hex + 8 * i, 8);
        set(address + 4 * i, (uint32_t)strtoul(word, NULL, 16));
    }
}

static void wait_for(uint32_t flow)
{
    const uint32_t watch = CPTRA_FLOW_STATUS;
    while (!(get(watch) & flow))
        if (rootcap_step(chip, 1 << 24, &watch, 1) < 0)
            fail("step");
}

/* Sends `size` bytes as they are; the answer's size, at most `room`. */
static uint32_t transfer(uint32_t command, const uint8_t *data, uint32_t size, uint8_t *answer, uint32_t room)
{
    const uint32_t watch = MBOX_STATUS;
    if (get(MBOX_LOCK) & 1)
        fail("the mailbox is locked");
    set(MBOX_CMD, command);
    set(MBOX_DLEN, size);
    if (rootcap_write_fifo(chip, MBOX_DATAIN, data, size))
        fail("write");
    set(MBOX_EXECUTE, 1);
    while (!(get(watch) & 15))
        rootcap_step(chip, 1 << 24, &watch, 1);
    uint32_t status = get(watch) & 15, length = status == 1 ? get(MBOX_DLEN) : 0; /* DATA_READY */
    if (status == 3 || length > room) /* CMD_FAILURE */
        fail("the command failed");
    if (length)
        rootcap_read_fifo(chip, MBOX_DATAOUT, answer, length);
    set(MBOX_EXECUTE, 0);
    return length;
}

/* Fills in the checksum, the first word of a request: minus the sum of its bytes and the command's. */
static uint32_t call(uint32_t command, uint8_t *request, uint32_t size, uint8_t *answer, uint32_t room)
{
    uint32_t sum = 0;
    memset(request, 0, 4);
    for (uint32_t i = 0; i < size; i++)
        sum -= request[i];
    for (uint32_t i = 0; i < 32; i += 8)
        sum -= command >> i & 0xff;
    memcpy(request, &sum, 4);
    return transfer(command, request, size, answer, room);
}

static void save(const char *name, const uint8_t *data, uint32_t size)
{
    FILE *file = fopen(name, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
        perror(name);
        exit(1);
    }
    printf("%s: %u bytes\n", name, size);
}

static uint32_t word_at(const uint8_t *data)
{
    uint32_t word;
    memcpy(&word, data, 4);
    return word;
}

/* A document behind checksum, FIPS status and size. */
static void save_document(const char *name, uint32_t command)
{
    static uint8_t answer[8192];
    uint8_t request[4];
    call(command, request, sizeof request, answer, sizeof answer);
    save(name, answer + 12, word_at(answer + 8));
}

static void stash(void)
{
    uint8_t request[4 + 4 + 48 + 48 + 4] = {0}, answer[12];
    memcpy(request + 4, "TEST", 4);
    memset(request + 8, 0x5a, 48);
    call(0x4d454153, request, sizeof request, answer, sizeof answer);
    if (word_at(answer + 8))
        fail("STASH_MEASUREMENT");
}

/* CertifyKey of the default context as an X.509 certificate, in INVOKE_DPE_ECC384. */
static void save_leaf(const char *name)
{
    static uint8_t answer[16384];
    const uint32_t dpe[] = {0x44504543, 9, 4}; /* magic, CertifyKey, P-384 */
    uint8_t request[8 + sizeof dpe + 16 + 4 + 4 + 48] = {0};
    const uint32_t size = sizeof request - 8;
    memcpy(request + 4, &size, 4);
    memcpy(request + 8, dpe, sizeof dpe);
    call(0x44504543, request, sizeof request, answer, sizeof answer);
    const uint8_t *body = answer + 12; /* checksum, FIPS status, size */
    if (word_at(body + 4))
        fail("CertifyKey");
    const uint8_t *certificate = body + 12 + 16 + 96; /* header, handle, public key */
    save(name, certificate + 4, word_at(certificate));
}

int main(int argc, char **argv)
{
    static uint8_t bundle[256 * 1024], none[4];
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    if (!file || strlen(argv[2]) != 96 || strlen(argv[3]) != 96) {
        fprintf(stderr, "usage: chain BUNDLE VENDOR_PK_HASH OWNER_PK_HASH\n");
        return 2;
    }
    uint32_t size = (uint32_t)fread(bundle, 1, sizeof bundle, file);
    fclose(file);

    chip = rootcap_open("{\"securityState\":3}");
    if (!chip)
        return 1;
    set_hash(FUSE_VENDOR_PK_HASH, argv[2]);
    set_hash(CPTRA_OWNER_PK_HASH, argv[3]);
    set(FUSE_PQC_KEY_TYPE, 1); /* ML-DSA */
    set(CPTRA_FUSE_WR_DONE, 1);
    set(CPTRA_MBOX_VALID_AXI_USER, 1);
    set(CPTRA_MBOX_AXI_USER_LOCK, 1);
    set(CPTRA_DBG_MANUF_SERVICE_REG, 1); /* ask for the CSR, and take it */
    set(CPTRA_BOOTFSM_GO, 1);
    wait_for(CSR_READY);
    set(CPTRA_DBG_MANUF_SERVICE_REG, 0);
    wait_for(READY_FOR_FIRMWARE);
    save_document("idevid.csr", 0x49444352);
    transfer(0x46574c44, bundle, size, none, sizeof none);
    wait_for(READY_FOR_RUNTIME);
    stash();
    save_document("ldevid.der", 0x4c444556);
    save_document("fmc.der", 0x43455246);
    save_document("rt.der", 0x43455252);
    save_leaf("leaf.der");
    rootcap_close(chip);
    return 0;
}
