;; Masks of AES-XTS for data units of 4096 bytes (IEEE 1619-2018 section 5.2): unit u, block j is masked with
;; T(u) * x^j in GF(2^128) modulo x^128 + x^7 + x^2 + x + 1; T(u) is the encrypted tweak, byte 0 holds the lowest powers.
(module
  (memory (import "env" "memory") 1)

  ;; T * x^64: the low half moves up, the high half comes back reduced (x^128 = x^7 + x^2 + x + 1).
  (func $timesX64 (param $t v128) (result v128)
    (local $low i64) (local $high i64)
    (local.set $low (i64x2.extract_lane 0 (local.get $t)))
    (local.set $high (i64x2.extract_lane 1 (local.get $t)))
    (i64x2.replace_lane 1
      (i64x2.splat
        (i64.xor
          (i64.xor (local.get $high) (i64.shl (local.get $high) (i64.const 1)))
          (i64.xor (i64.shl (local.get $high) (i64.const 2)) (i64.shl (local.get $high) (i64.const 7)))))
      (i64.xor
        (i64.xor (local.get $low) (i64.shr_u (local.get $high) (i64.const 63)))
        (i64.xor (i64.shr_u (local.get $high) (i64.const 62)) (i64.shr_u (local.get $high) (i64.const 57))))))

  ;; XORs the masks into the units at $data, and keeps them at $masks. Four chains a unit, 64 blocks apart: a processor
  ;; works on them at the same time.
  (func (export "mask") (param $tweaks i32) (param $units i32) (param $data i32) (param $masks i32)
    (local $end i32)
    (local $reduction v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $reduction (v128.const i32x4 0x87 0 1 0))
    (block $done
      (loop $unit
        (br_if $done (i32.eqz (local.get $units)))
        (local.set $a (v128.load (local.get $tweaks)))
        (local.set $b (call $timesX64 (local.get $a)))
        (local.set $c (call $timesX64 (local.get $b)))
        (local.set $d (call $timesX64 (local.get $c)))
        (local.set $end (i32.add (local.get $data) (i32.const 1024)))
        (loop $block
          (v128.store (local.get $masks) (local.get $a))
          (v128.store (local.get $data) (v128.xor (v128.load (local.get $data)) (local.get $a)))
          (v128.store offset=1024 (local.get $masks) (local.get $b))
          (v128.store offset=1024 (local.get $data) (v128.xor (v128.load offset=1024 (local.get $data)) (local.get $b)))
          (v128.store offset=2048 (local.get $masks) (local.get $c))
          (v128.store offset=2048 (local.get $data) (v128.xor (v128.load offset=2048 (local.get $data)) (local.get $c)))
          (v128.store offset=3072 (local.get $masks) (local.get $d))
          (v128.store offset=3072 (local.get $data) (v128.xor (v128.load offset=3072 (local.get $data)) (local.get $d)))
          (local.set $a (v128.xor (i64x2.shl (local.get $a) (i32.const 1)) (v128.and (local.get $reduction)
            (i8x16.shuffle 12 13 14 15 0 1 2 3 4 5 6 7 8 9 10 11
              (i32x4.shr_s (local.get $a) (i32.const 31)) (local.get $a)))))
          (local.set $b (v128.xor (i64x2.shl (local.get $b) (i32.const 1)) (v128.and (local.get $reduction)
            (i8x16.shuffle 12 13 14 15 0 1 2 3 4 5 6 7 8 9 10 11
              (i32x4.shr_s (local.get $b) (i32.const 31)) (local.get $b)))))
          (local.set $c (v128.xor (i64x2.shl (local.get $c) (i32.const 1)) (v128.and (local.get $reduction)
            (i8x16.shuffle 12 13 14 15 0 1 2 3 4 5 6 7 8 9 10 11
              (i32x4.shr_s (local.get $c) (i32.const 31)) (local.get $c)))))
          (local.set $d (v128.xor (i64x2.shl (local.get $d) (i32.const 1)) (v128.and (local.get $reduction)
            (i8x16.shuffle 12 13 14 15 0 1 2 3 4 5 6 7 8 9 10 11
              (i32x4.shr_s (local.get $d) (i32.const 31)) (local.get $d)))))
          (local.set $masks (i32.add (local.get $masks) (i32.const 16)))
          (local.set $data (i32.add (local.get $data) (i32.const 16)))
          (br_if $block (i32.lt_u (local.get $data) (local.get $end))))
        (local.set $masks (i32.add (local.get $masks) (i32.const 3072)))
        (local.set $data (i32.add (local.get $data) (i32.const 3072)))
        (local.set $tweaks (i32.add (local.get $tweaks) (i32.const 16)))
        (local.set $units (i32.sub (local.get $units) (i32.const 1)))
        (br $unit))))

  ;; XORs $size bytes at $masks, a multiple of 64, into those at $data.
  (func (export "xor") (param $data i32) (param $masks i32) (param $size i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $data) (local.get $size)))
    (loop $next
      (v128.store (local.get $data)
        (v128.xor (v128.load (local.get $data)) (v128.load (local.get $masks))))
      (v128.store offset=16 (local.get $data)
        (v128.xor (v128.load offset=16 (local.get $data)) (v128.load offset=16 (local.get $masks))))
      (v128.store offset=32 (local.get $data)
        (v128.xor (v128.load offset=32 (local.get $data)) (v128.load offset=32 (local.get $masks))))
      (v128.store offset=48 (local.get $data)
        (v128.xor (v128.load offset=48 (local.get $data)) (v128.load offset=48 (local.get $masks))))
      (local.set $data (i32.add (local.get $data) (i32.const 64)))
      (local.set $masks (i32.add (local.get $masks) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $data) (local.get $end))))))
