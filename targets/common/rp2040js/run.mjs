// Runs a program for the RP2040 (node run.mjs ELF): shows what it writes to UART 0 and ends with its exit code. Of Arm's semihosting
// calls it answers those that programs in targets/ make: the exit, the console for panics and faults, and files that are written.
//
// In a folder with a file requests.bin UART 0 carries the stream of docs/device-stream.md instead: frame by frame, each after the
// reply to the one before; replies are appended to replies.bin.
//
// The emulator has no boot ROM: the program begins at its vector table, behind the second-stage boot loader.
import fs from 'node:fs';
import { RP2040 } from 'rp2040js';

const FLASH = 0x10000000;
const VECTORS = 0x10000100;
const NANOSECONDS_A_CYCLE = 8; // 125 MHz
const [SYS_OPEN, SYS_CLOSE, SYS_WRITE, SYS_EXIT, SYS_EXIT_EXTENDED] = [0x01, 0x02, 0x05, 0x18, 0x20];
const UARTRSR = 0x4;
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

const uart = chip.uart[0];
// The emulator does not know the register of receive errors, and gives ones: there are no errors.
const readRegister = uart.readUint32.bind(uart);
uart.readUint32 = (offset) => (offset === UARTRSR ? 0 : readRegister(offset));
uart.onByte = (byte) => fs.writeSync(1, Uint8Array.of(byte));

// Gives the UART bytes as long as it has room for them.
let feed = () => {};
if (fs.existsSync('requests.bin')) {
  const HEADER = 8;
  const requests = fs.readFileSync('requests.bin');
  const replies = fs.openSync('replies.bin', 'a');
  const frameEnd = (bytes, start) => (start + HEADER <= bytes.length ? start + HEADER + bytes.readUInt32LE(start) : Infinity);
  let [sent, end] = [0, frameEnd(requests, 0)];
  let reply = [];
  uart.onByte = (byte) => {
    reply.push(byte);
    if (reply.length < HEADER || reply.length < frameEnd(Buffer.from(reply.slice(0, HEADER)), 0)) return;
    fs.writeSync(replies, Uint8Array.from(reply));
    reply = [];
    end = frameEnd(requests, sent);
  };
  feed = () => {
    while (sent < Math.min(end, requests.length) && !uart.rxFIFO.full) uart.feedByte(requests[sent++]);
  };
}

// Number of the call in r0, its parameters behind r1; the answer goes to r0.
chip.onBreak = (number) => {
  const registers = chip.core.registers;
  const parameter = (index) => chip.readUint32(registers[1] + 4 * index);
  if (number !== 0xab) {
    console.error(`breakpoint ${number}`);
    process.exit(139);
  }
  switch (registers[0]) {
    case SYS_OPEN: {
      const [address, mode, length] = [parameter(0), parameter(1), parameter(2)];
      const name = String.fromCharCode(...Uint8Array.from({ length }, (_, i) => chip.readUint8(address + i)));
      // From mode 4 on files are written. Only those of this folder are.
      const isFile = mode >= 4 && /^[a-z.]+$/.test(name);
      registers[0] = name === ':tt' ? 1 : isFile ? fs.openSync(name, mode < 8 ? 'w' : 'a') : -1;
      break;
    }
    case SYS_CLOSE:
      registers[0] = 0;
      break;
    case SYS_WRITE: {
      const [handle, address, length] = [parameter(0), parameter(1), parameter(2)];
      fs.writeSync(handle, Uint8Array.from({ length }, (_, i) => chip.readUint8(address + i)));
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

// One instruction; gives its cycles. The emulator's SBCS (1.4.1) adds the borrow to the subtrahend first, and so has the wrong overflow
// flag where that leaves the range: i64.wast of the test suite, on the board, found it. Here the flags are computed again.
const core = chip.core;
function step() {
  const opcode = chip.readUint16(core.PC);
  if (opcode >> 6 !== 0b0100000110) return core.executeInstruction();
  const [minuend, subtrahend, borrow] = [core.registers[opcode & 7], core.registers[(opcode >> 3) & 7], core.C ? 0 : 1];
  const cycles = core.executeInstruction();
  const difference = (minuend | 0) - (subtrahend | 0) - borrow;
  core.V = difference !== (difference | 0);
  core.C = minuend >>> 0 >= (subtrahend >>> 0) + borrow;
  return cycles;
}

chip.core.VTOR = VECTORS;
chip.core.SP = chip.readUint32(VECTORS);
chip.core.PC = chip.readUint32(VECTORS + 4) & ~1;
for (let count = 0; ; count++) {
  if ((count & 0xff) === 0) feed();
  chip.clock.tick(step() * NANOSECONDS_A_CYCLE);
}
