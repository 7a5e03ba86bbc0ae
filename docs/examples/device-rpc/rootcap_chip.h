/* A chip behind Device RPC: registers and time, which is all that a SoC library needs. */
#ifndef ROOTCAP_CHIP_H
#define ROOTCAP_CHIP_H

#include <stddef.h>
#include <stdint.h>

typedef struct rootcap_chip rootcap_chip;

/* Connects to the server that ROOTCAP_RPC names (unix:PATH or tcp:127.0.0.1:PORT) and makes a chip.
 * `options` is the JSON object of `create`, or NULL. Returns NULL after a message on stderr. */
rootcap_chip *rootcap_open(const char *options);
void rootcap_close(rootcap_chip *chip);

/* All of these return 0, or -1 if the bus refused the access; rootcap_error says what the chip answered. */
int rootcap_read(rootcap_chip *chip, uint32_t address, uint32_t *value);
int rootcap_write(rootcap_chip *chip, uint32_t address, uint32_t value);
/* The same word again and again, little-endian: MBOX_DATAOUT, MBOX_DATAIN. */
int rootcap_read_fifo(rootcap_chip *chip, uint32_t address, uint8_t *data, size_t size);
int rootcap_write_fifo(rootcap_chip *chip, uint32_t address, const uint8_t *data, size_t size);

/* Lets at most `cycles` pass, up to the first one after which a watched register differs. `watch` may be NULL.
 * Returns the cycles that passed, or -1. */
int64_t rootcap_step(rootcap_chip *chip, uint64_t cycles, const uint32_t *watch, size_t watched);

const char *rootcap_error(const rootcap_chip *chip);

#endif
