// Runs a program for the RP2040 (node run.mjs ELF): shows what it writes to UART 0 and ends with its exit code. Of Arm's semihosting
// calls it answers those that programs in targets/ make: the exit, and the console for panics and faults.
//
// The emulator has no boot ROM: the program begins at its vector table, behind the second-stage boot loader.
import fs from 'node:fs';
import { RP2040 } from 'rp2040js';

const FLASH = 0x10000000;
const VECTORS = 0x10000100;
const NANOSECONDS_A_CYCLE = 8; // 125 MHz
const [SYS_OPEN, SYS_WRITE, SYS_EXIT, SYS_EXIT_EXTENDED] = [0x01, 0x05, 0x18, 0x20];
const APPLICATION_EXIT = 0x20026;

const chip = new RP2040();

// The segments of the ELF file that lie in flash, by their physical address.
const elf = fs.readFileSync(process.argv[2]);
const [table, size, count] = [elf.readUInt32LE(28), elf.readUInt16LE(42), elf.readUInt16LE(44)];
for (let i = 0; i < count; i++) {
  const header = table + i * size;
  const [type, offset, , address, length] = [0, 4, 8, 12, 16].map((field) => elf.readUInt32LE(header + field));
  if (type === 1 && length > 0 && address >= FLASH) {
    chip.flash.set(elf.subarray(offset, offset + length), address - FLASH);
  }
}

chip.uart[0].onByte = (byte) => fs.writeSync(1, Uint8Array.of(byte));

// Number of the call in r0, its parameters behind r1; the answer goes to r0.
chip.onBreak = (number) => {
  const registers = chip.core.registers;
  const parameter = (index) => chip.readUint32(registers[1] + 4 * index);
  if (number !== 0xab) {
    console.error(`breakpoint ${number}`);
    process.exit(139);
  }
  switch (registers[0]) {
    case SYS_OPEN:
      registers[0] = 1;
      break;
    case SYS_WRITE: {
      const [address, length] = [parameter(1), parameter(2)];
      fs.writeSync(1, Uint8Array.from({ length }, (_, i) => chip.readUint8(address + i)));
      registers[0] = 0; // bytes not written
      break;
    }
    case SYS_EXIT:
      process.exit(registers[1] === APPLICATION_EXIT ? 0 : 1);
    case SYS_EXIT_EXTENDED:
      process.exit(parameter(0) === APPLICATION_EXIT ? parameter(1) & 0xff : 1);
    default:
      registers[0] = -1;
  }
};

chip.core.VTOR = VECTORS;
chip.core.SP = chip.readUint32(VECTORS);
chip.core.PC = chip.readUint32(VECTORS + 4) & ~1;
for (;;) {
  chip.clock.tick(chip.core.executeInstruction() * NANOSECONDS_A_CYCLE);
}
