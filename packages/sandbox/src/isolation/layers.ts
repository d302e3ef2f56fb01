import { existsSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { findBubblewrap } from './bubblewrap.ts'
import type { ChildFiles } from './child-files.ts'
import { findProgram } from './find-program.ts'
import { seccompFilter } from './seccomp-filter.ts'

/** The walls around a child, besides those of the runtime. */
export interface Layers {
  /** `prlimit` limits address space, open files, core dumps and file sizes. */
  limits: boolean
  /** `bwrap` gives the child namespaces without a network, only the files that it needs, and no capabilities. */
  container: boolean
  /** A seccomp filter inside the container. */
  seccomp: boolean
}

/** The command that starts one child inside its layers. */
export interface WrappedCommand {
  command: string
  args: string[]
  /** What a container needs in addition. Absent without a container. */
  container?: {
    /** The container writes the child's process id to this file descriptor. */
    infoFd: number
    /** A line on this file descriptor says that the child runs. If it closes before that, all that was started is killed. */
    setUpFd: number
    /** The container reads the filter from this file descriptor. */
    filter?: { fd: number; bytes: Buffer }
  }
}

const INFO_FD = 5
const FILTER_FD = 6
const SET_UP_FD = 7
/**
 * Kills a container whose setup was interrupted. Bubblewrap's first process binds its life to ours
 * (`--die-with-parent`) and then releases its second process. If our process dies in between, the second waits for
 * ever for the first. So both are in a process group of their own, with a third process that reads a pipe from us. A
 * line ends the third process. If the pipe closes without a line, it kills the group.
 */
const GUARDED = `{ read -r _ <&${SET_UP_FD} || kill -s KILL -- -$$; } 2>&- 3<&- 4>&- ${INFO_FD}>&- ${FILTER_FD}<&- & exec "$@" ${SET_UP_FD}<&-`
/** V8 reserves far more address space than it uses. With 1.5 GiB it does not start. */
const ADDRESS_SPACE_BASE_MB = 3_840
const OPEN_FILES = 64

/** The layers that this machine has the programs for. Only the probe knows whether they work. */
export function availableLayers(): Layers {
  if (process.platform !== 'linux') return { limits: false, container: false, seccomp: false }
  const container = findBubblewrap() !== undefined && findProgram('sh') !== undefined
  return {
    limits: findProgram('prlimit') !== undefined,
    container,
    seccomp: container && seccompFilter() !== undefined,
  }
}

/** The runtime's own walls: the child may read one folder and the addon and start no process or worker. Node 26 also denies the network. */
export function permissionArguments(files: ChildFiles): string[] {
  return [
    '--no-node-snapshot', // isolated-vm does not work in a process that started from Node's snapshot.
    '--no-warnings',
    '--permission',
    '--allow-addons',
    `--allow-fs-read=${files.folder}/`,
    `--allow-fs-read=${files.addon}`,
  ]
}

/** Wraps a command in layers. */
export function wrapCommand(
  layers: Layers,
  files: ChildFiles,
  command: readonly string[],
  memoryMb: number,
  environment: Readonly<Record<string, string>>,
): WrappedCommand {
  const inner = layers.limits ? [...limitArguments(memoryMb), ...command] : [...command]
  if (!layers.container) {
    const [program = '', ...args] = inner
    return { command: program, args }
  }
  const filter = layers.seccomp ? seccompFilter() : undefined
  const bubblewrap = [
    findBubblewrap() ?? 'bwrap',
    ...['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...readable(files),
    ...['--proc', '/proc', '--chdir', files.folder, '--info-fd', String(INFO_FD)],
    ...(filter === undefined ? [] : ['--seccomp', String(FILTER_FD)]),
    '--',
    ...inner,
  ]
  return {
    command: findProgram('sh') ?? 'sh',
    args: ['-c', GUARDED, 'sh', ...bubblewrap],
    container: {
      infoFd: INFO_FD,
      setUpFd: SET_UP_FD,
      ...(filter !== undefined && { filter: { fd: FILTER_FD, bytes: filter } }),
    },
  }
}

function limitArguments(memoryMb: number): string[] {
  const space = (ADDRESS_SPACE_BASE_MB + memoryMb) * 1_048_576
  const program = findProgram('prlimit') ?? 'prlimit'
  return [program, `--as=${space}`, '--core=0', '--fsize=0', `--nofile=${OPEN_FILES}`, '--']
}

/** Binds the runtime, its libraries, the child's folder and the addon. Nothing else exists in the container. */
function readable({ folder, addon }: ChildFiles): string[] {
  const node = realpathSync(process.execPath)
  const places = ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/usr/bin/prlimit', '/bin/prlimit'].filter(
    (place) => existsSync(place),
  )
  return [...places, node, process.execPath, folder, dirname(addon)].flatMap((place) => [
    '--ro-bind',
    place,
    place,
  ])
}
