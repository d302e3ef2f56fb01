import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { SandboxError } from '@bailiwick/contract/world'

export interface ChildFiles {
  /** The only folder that the child may read. */
  folder: string
  main: string
  prelude: string
  /** isolated-vm's binary for this platform and runtime. */
  addon: string
}

/** Where the child's code is. @throws SandboxError if it is not built, or has no binary for this machine */
export function childFiles(): ChildFiles {
  const folder = realpathSync(import.meta.filename.endsWith('.ts') ? bundleOfSource() : bundleOfPackage())
  return { folder, main: join(folder, 'child.cjs'), prelude: join(folder, 'prelude.js'), addon: addonFile() }
}

function bundleOfPackage(): string {
  const folder = join(import.meta.dirname, '../box')
  if (existsSync(join(folder, 'child.cjs'))) return folder
  throw new SandboxError(`the sandbox's child is not built: expected ${folder}; run the package's build`)
}

let sourceBundle: string | undefined

/** Running from source: bundles the child once for each state of its sources. */
function bundleOfSource(): string {
  sourceBundle ??= buildFromSource()
  return sourceBundle
}

function buildFromSource(): string {
  const root = join(import.meta.dirname, '../..')
  const folder = join(root, 'node_modules/.cache/child', sourceDigest(root))
  if (existsSync(folder)) return folder
  const unfinished = `${folder}.${process.pid}`
  execFileSync(process.execPath, [join(root, 'build/child.ts'), unfinished], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    renameSync(unfinished, folder)
  } catch (error) {
    // Another process was faster; its bundle is the same.
    rmSync(unfinished, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

function sourceDigest(root: string): string {
  const digest = createHash('sha256')
  const contract = join(
    dirname(realpathSync(join(root, 'node_modules/@bailiwick/contract/package.json'))),
    'src',
  )
  for (const folder of [join(root, 'build'), join(root, 'src'), contract]) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    )
    for (const file of files.sort()) digest.update(file).update(readFileSync(join(folder, file)))
  }
  return digest.digest('hex').slice(0, 16)
}

/** isolated-vm ships its binaries by platform, runtime version and C library. */
function addonFile(): string {
  const root = dirname(realpathSync(createRequire(import.meta.url).resolve('isolated-vm')))
  const { platform, arch, versions } = process
  const folder = join(root, 'prebuilds', `${platform}-${arch}`)
  const libc = platform === 'linux' ? (isGlibc() ? '.glibc' : '.musl') : ''
  const file = join(folder, `isolated-vm.abi${versions.modules}${libc}.node`)
  if (!existsSync(file)) {
    throw new SandboxError(
      `isolated-vm has no binary for ${platform}-${arch} and Node ${versions.node} (looked for ${file}); use Node 24 or 26 on Linux, macOS (arm64) or Windows (x64)`,
    )
  }
  return file
}

function isGlibc(): boolean {
  const report = process.report as unknown as {
    excludeNetwork: boolean
    getReport(): { header: { glibcVersionRuntime?: string } }
  }
  const before = report.excludeNetwork
  report.excludeNetwork = true
  const found = report.getReport().header.glibcVersionRuntime !== undefined
  report.excludeNetwork = before
  return found
}
