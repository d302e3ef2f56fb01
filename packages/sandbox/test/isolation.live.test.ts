import { SandboxError } from '@bailiwick/contract/world'
import { describe, expect, it } from 'vitest'
import { createSandbox, probeIsolation } from '../src/index.ts'
import { childFiles } from '../src/isolation/child-files.ts'
import { wrapCommand } from '../src/isolation/layers.ts'
import { seccompFilter } from '../src/isolation/seccomp-filter.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'
import { openWorld } from './open-world.ts'

await useBubblewrap()

describe('isolation', () => {
  it('is probed by a child, which can neither read, write, start a process or worker, nor see the environment', async () => {
    const { isolation, reach, layers } = await probeIsolation()
    expect(reach).toMatchObject({
      readsFiles: false,
      writesFiles: false,
      startsProcesses: false,
      startsWorkers: false,
      seesEnvironment: false,
    })
    expect(isolation).toBe(layers.container && !reach.connects ? 'confined' : 'process')
  })

  it('fails with the reason if the machine has less isolation than required', async () => {
    const { isolation } = await probeIsolation()
    const wanted = createSandbox({ requireIsolation: 'confined' })
    if (isolation === 'confined') {
      await using sandbox = await wanted
      expect(sandbox.isolation).toBe('confined')
    } else await expect(wanted).rejects.toThrow(SandboxError)
    await using least = await createSandbox({ requireIsolation: 'process' })
    expect(['process', 'confined']).toContain(least.isolation)
  })

  it('puts prlimit inside the container, and the filter on a descriptor of its own', () => {
    const files = childFiles()
    const all = { limits: true, container: true, seccomp: true }
    const { command, args, container } = wrapCommand(all, files, ['node', 'child'], 256, { TZ: 'UTC' })
    expect(command).toMatch(/sh$/)
    expect(args[args.indexOf('sh') + 1]).toMatch(/bwrap$/)
    expect(args.slice(args.indexOf('--') + 1)[0]).toMatch(/prlimit$/)
    expect(args.slice(-2)).toEqual(['node', 'child'])
    expect([container?.infoFd, container?.filter?.fd, container?.setUpFd]).toEqual([5, 6, 7])
    const none = { limits: false, container: false, seccomp: false }
    expect(wrapCommand(none, files, ['node', 'child'], 256, {})).toEqual({ command: 'node', args: ['child'] })
  })

  it('has a filter for x64 and arm64 whose jumps all stay inside it', () => {
    for (const architecture of ['x64', 'arm64'] as const) {
      const filter = seccompFilter(architecture)
      const count = (filter?.length ?? 0) / 8
      expect(count).toBeGreaterThan(40)
      for (let index = 0; index < count; index += 1) {
        const code = filter?.readUInt16LE(index * 8) ?? 0
        const isJump = (code & 0x07) === 0x05
        const furthest = Math.max(
          filter?.readUInt8(index * 8 + 2) ?? 0,
          filter?.readUInt8(index * 8 + 3) ?? 0,
        )
        if (isJump) expect(index + 1 + furthest).toBeLessThan(count)
      }
      expect(filter?.readUInt16LE((count - 1) * 8)).toBe(0x06)
    }
    expect(seccompFilter('s390x')).toBeUndefined()
  })

  it('gives each session its own process and limits how many there are', async () => {
    await using sandbox = await createSandbox({ pool: 2 })
    const [first, second] = await Promise.all([openWorld(sandbox), openWorld(sandbox)])
    let third = false
    const waiting = openWorld(sandbox).then((world) => {
      third = true
      return world
    })
    expect((await first.run('1')).preview).toBe('1')
    expect((await second.run('2')).preview).toBe('2')
    expect(third).toBe(false)
    await first[Symbol.asyncDispose]()
    await using world = await waiting
    expect((await world.run('3')).preview).toBe('3')
    const abort = new AbortController()
    const refused = sandbox.open({ inputs: {}, functions: [], imports: [], seed: '' }, abort.signal)
    abort.abort(new Error('no longer wanted'))
    await expect(refused).rejects.toThrow('no longer wanted')
    await second[Symbol.asyncDispose]()
  })
})
