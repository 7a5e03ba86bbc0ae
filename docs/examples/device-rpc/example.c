/* Boots a chip to the point where ROM takes commands, and asks it for its version. */
#include <stdio.h>

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
    VERSION = 0x46505652
};

int main(void)
{
    rootcap_chip *chip = rootcap_open("{\"securityState\":3}");
    if (!chip)
        return 1;
    uint32_t word, flow = CPTRA_FLOW_STATUS, status = MBOX_STATUS;
    int64_t cycles = 0;
    rootcap_write(chip, CPTRA_FUSE_WR_DONE, 1);
    rootcap_write(chip, CPTRA_MBOX_VALID_AXI_USER, 1);
    rootcap_write(chip, CPTRA_MBOX_AXI_USER_LOCK, 1);
    rootcap_write(chip, CPTRA_BOOTFSM_GO, 1);
    do {
        cycles += rootcap_step(chip, 1 << 20, &flow, 1);
        rootcap_read(chip, flow, &word);
    } while (!(word & 1u << 28)); /* ready_for_mb_processing */
    printf("ready after %lld cycles\n", (long long)cycles);

    const uint8_t checksum[] = {0xc2, 0xfe, 0xff, 0xff}; /* minus the sum of the command's bytes */
    uint8_t answer[36];
    rootcap_read(chip, MBOX_LOCK, &word);
    rootcap_write(chip, MBOX_CMD, VERSION);
    rootcap_write(chip, MBOX_DLEN, sizeof checksum);
    rootcap_write_fifo(chip, MBOX_DATAIN, checksum, sizeof checksum);
    rootcap_write(chip, MBOX_EXECUTE, 1);
    do {
        rootcap_step(chip, 1 << 20, &status, 1);
        rootcap_read(chip, status, &word);
    } while (!(word & 15)); /* CMD_BUSY */
    if ((word & 15) != 1) /* DATA_READY */
        return 1;
    rootcap_read_fifo(chip, MBOX_DATAOUT, answer, sizeof answer);
    rootcap_write(chip, MBOX_EXECUTE, 0);
    printf("%.12s\n", (const char *)answer + 24);

    if (rootcap_read(chip, 0, &word))
        printf("%s", rootcap_error(chip));
    rootcap_close(chip);
    return 0;
}
