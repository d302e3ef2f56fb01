import { constants } from 'node:os'

/** System calls that a JavaScript engine never makes, by number on [x64, arm64]. -1: the architecture has no such call. */
const DENIED: Record<string, readonly [number, number]> = {
  socket: [41, 198],
  connect: [42, 203],
  accept: [43, 202],
  sendto: [44, 206],
  sendmsg: [46, 211],
  bind: [49, 200],
  listen: [50, 201],
  socketpair: [53, 199],
  fork: [57, -1],
  vfork: [58, -1],
  ptrace: [101, 117],
  pivot_root: [155, 41],
  chroot: [161, 51],
  mount: [165, 40],
  umount2: [166, 39],
  init_module: [175, 105],
  keyctl: [250, 219],
  add_key: [248, 217],
  request_key: [249, 218],
  unshare: [272, 97],
  accept4: [288, 242],
  perf_event_open: [298, 241],
  open_by_handle_at: [304, 265],
  setns: [308, 268],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  finit_module: [313, 273],
  kexec_load: [246, 104],
  bpf: [321, 280],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  pidfd_getfd: [438, 438],
}
const CLONE: readonly [number, number] = [56, 220]
const CLONE3 = 435
const CLONE_THREAD = 0x1_0000
/** On x64, the system calls of the x32 table begin here. All of them are denied. */
const X32_BIT = 0x4000_0000
const AUDIT_ARCH = [0xc000_003e, 0xc000_00b7]

const LOAD = 0x20
const JUMP_IF_EQUAL = 0x15
const JUMP_IF_AT_LEAST = 0x35
const JUMP_IF_SET = 0x45
const RETURN = 0x06
const NUMBER_AT = 0
const ARCHITECTURE_AT = 4
const FIRST_ARGUMENT_AT = 16

const ALLOW = 0x7fff_0000
const KILL = 0x8000_0000
const FAIL = 0x0005_0000

/**
 * A seccomp filter for the child, in the kernel's format. It denies sockets, new processes (but allows threads) and the
 * system calls that attacks on kernels use. Undefined on architectures other than x64 and arm64.
 */
export function seccompFilter(architecture = process.arch): Buffer | undefined {
  const column = architecture === 'x64' ? 0 : architecture === 'arm64' ? 1 : undefined
  if (column === undefined) return undefined
  const denied = Object.values(DENIED).flatMap((numbers) => (numbers[column] < 0 ? [] : [numbers[column]]))
  const program: number[][] = [
    [LOAD, 0, 0, ARCHITECTURE_AT],
    [JUMP_IF_EQUAL, 1, 0, AUDIT_ARCH[column] ?? 0],
    [RETURN, 0, 0, KILL],
    [LOAD, 0, 0, NUMBER_AT],
    [JUMP_IF_AT_LEAST, 0, 1, X32_BIT],
    [RETURN, 0, 0, FAIL | constants.errno.EPERM],
    // A filter cannot read the flags of `clone3`. Without it, the C library falls back to `clone`.
    [JUMP_IF_EQUAL, 0, 1, CLONE3],
    [RETURN, 0, 0, FAIL | constants.errno.ENOSYS],
    ...denied.flatMap((number) => [
      [JUMP_IF_EQUAL, 0, 1, number],
      [RETURN, 0, 0, FAIL | constants.errno.EPERM],
    ]),
    [JUMP_IF_EQUAL, 0, 3, CLONE[column]],
    [LOAD, 0, 0, FIRST_ARGUMENT_AT],
    [JUMP_IF_SET, 1, 0, CLONE_THREAD],
    [RETURN, 0, 0, FAIL | constants.errno.EPERM],
    [RETURN, 0, 0, ALLOW],
  ]
  const bytes = Buffer.alloc(program.length * 8)
  program.forEach(([code = 0, yes = 0, no = 0, value = 0], index) => {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(yes, index * 8 + 2)
    bytes.writeUInt8(no, index * 8 + 3)
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4)
  })
  return bytes
}
