"""
LMS vectors of test-vectors/, in the layout of ACVP, made and verified by pyhsslms alone.

    pip install pyhsslms==2.0.0
    python packages/proofs/python/lms_vectors.py test-vectors

The set that Caliptra was compiled for has 32,768 one-time keys: its key takes minutes.
"""

import hashlib
import json
import pathlib
import sys

import pyhsslms
from pyhsslms import pyhsslms as lib

CALIPTRA = ("LMS_SHA256_M24_H15", "LMOTS_SHA256_N24_W4")
SMALL = [("LMS_SHA256_M24_H5", f"LMOTS_SHA256_N24_W{w}") for w in (1, 2, 4, 8)]
OTHER = [("LMS_SHA256_M32_H5", "LMOTS_SHA256_N32_W4"), ("LMS_SHAKE_M24_H5", "LMOTS_SHAKE_N24_W4")]


def bytes_for(label, size):
    return hashlib.shake_256(f"rootcap test vector: {label}".encode()).digest(size)


def typecode(name):
    """LMS_SHA256_M24_H15 is called lms_sha256_m24_h15 there."""
    return getattr(pyhsslms, name.lower())


def make_key(lms, lmots, q):
    size = 32 if "M32" in lms else 24
    seed, identifier = bytes_for(f"{lms} {lmots} seed", size), bytes_for(f"{lms} {lmots} I", 16)
    return seed, identifier, lib.LmsPrivateKey(typecode(lms), typecode(lmots), seed, identifier, q)


def accepted(public_key, message, signature):
    """A signature that cannot be read is refused too."""
    try:
        return bool(lib.LmsPublicKey.deserialize(public_key).verify(message, signature))
    except ValueError:
        return False


def flipped(data, position):
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def alterations(public_key, message, signature, lmots_size):
    """Name, public key, message, signature: one valid, the others with one changed bit."""
    last = len(signature) - 1
    yield public_key, message, signature
    yield public_key, flipped(message, 0), signature
    yield public_key, message, flipped(signature, 3)  # q
    yield public_key, message, flipped(signature, 8)  # C
    yield public_key, message, flipped(signature, 4 + lmots_size - 1)  # last chain
    yield public_key, message, flipped(signature, last)  # path
    yield flipped(public_key, 8), message, signature  # I
    yield flipped(public_key, len(public_key) - 1), message, signature  # T[1]


def sets(mode, revision, groups):
    about = {"vsId": 0, "algorithm": "LMS", "mode": mode, "revision": revision, "isSample": True}
    number = 0
    prompts, answers = [], []
    for index, (fields, tests) in enumerate(groups, 1):
        numbered = []
        for prompt, answer in tests:
            number += 1
            numbered.append(({"tcId": number, **prompt}, {"tcId": number, **answer}))
        prompts.append({"tgId": index, "testType": "AFT", **fields, "tests": [p for p, _ in numbered]})
        answers.append({"tgId": index, "tests": [a for _, a in numbered]})
    return {**about, "testGroups": prompts}, {**about, "testGroups": answers}


def write(folder, prompt, answers):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("prompt", prompt), ("expectedResults", answers)):
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")


def upper(data):
    return data.hex().upper()


def main(root):
    keygen, sigver = [], []
    for lms, lmots in [*SMALL, *OTHER, CALIPTRA]:
        q = 3 if (lms, lmots) == CALIPTRA else 1
        seed, identifier, key = make_key(lms, lmots, q)
        public_key = key.publicKey().serialize()
        fields = {"lmsMode": lms, "lmOtsMode": lmots}
        if (lms, lmots) != CALIPTRA:
            keygen.append((fields, [({"seed": upper(seed), "i": upper(identifier)}, {"publicKey": upper(public_key)})]))
        message = bytes_for(f"{lms} {lmots} message", 100)
        signature = key.sign(message)
        lmots_size = len(signature) - 8 - len(public_key[24:]) * int(lms.rsplit("H", 1)[1])
        every = list(alterations(public_key, message, signature, lmots_size))
        chosen = every if (lms, lmots) == CALIPTRA else every[:2]
        for changed_key, changed_message, changed_signature in chosen:
            verdict = accepted(changed_key, changed_message, changed_signature)
            prompt = {"message": upper(changed_message), "signature": upper(changed_signature)}
            sigver.append(({**fields, "publicKey": upper(changed_key)}, [(prompt, {"testPassed": verdict})]))
    write(pathlib.Path(root, "LMS-keyGen"), *sets("keyGen", "1.0", keygen))
    write(pathlib.Path(root, "LMS-sigVer"), *sets("sigVer", "SP800-208", sigver))


if __name__ == "__main__":
    main(sys.argv[1])
