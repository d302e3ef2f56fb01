import type { RecordedStep, Sandbox, TurnOutput, VoidedTurn } from '@bailiwick/contract/world'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox } from '../src/index.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'
import { openWorld, type TestWorld } from './open-world.ts'
import { packageFolder } from './package-folder.ts'

await useBubblewrap()

/** The record of a world's last step, as a journal would hold it. */
function recordOf(world: TestWorld, ended: boolean, voided?: VoidedTurn): RecordedStep {
  const turns = world.committed.splice(0).map(({ turn }) => turn)
  const lost = voided?.lost
  const inputs = world.delivered.splice(0).filter((input) => input !== lost)
  return { turns, inputs, ended, ...(voided !== undefined && { voided }) }
}

const later = <T>(ms: number, value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms))

describe('a session', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await createSandbox()
  })
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]()
  })

  it('has an isolation level', () => {
    expect(['process', 'confined']).toContain(sandbox.isolation)
  })

  describe('a function that is read by index', () => {
    const pages = () =>
      openWorld(sandbox, {
        tools: {
          pages: ({ step }) => {
            if (step === 9) throw new Error('there is no page 9')
            return `page ${step}`
          },
        },
        schemas: { pages: { type: 'object', properties: { step: { type: 'integer' } } } },
        indexed: ['pages'],
      })

    it('calls the function with the index and returns a promise', async () => {
      await using world = await pages()
      const seen = await world.run(
        '[await pages[3], await pages["0"], await pages[9].catch((e) => e.message)]',
      )
      expect(seen.preview).toBe('["page 3", "page 0", "there is no page 9"]')
      expect(world.calls.map(({ name, args }) => [name, args])).toEqual(
        [3, 0, 9].map((step) => ['pages', { step }]),
      )
    })

    it('has no other properties, makes no call if it is awaited or printed, and prints how to read it', async () => {
      await using world = await pages()
      const seen = await world.run(
        'console.log(await pages, [pages]); [pages.then, pages[-1], pages["01"], pages[1.5], pages["1e3"], pages[Symbol.iterator], Object.getPrototypeOf(pages), Reflect.ownKeys(pages).length, 3 in pages]',
      )
      expect(world.printed.join()).toContain('[pages: await pages[1]]')
      expect(seen.preview?.match(/undefined/g)).toHaveLength(6)
      expect(seen.preview).toMatch(/null,\s+0,\s+false\s+\]$/)
      expect(world.calls).toEqual([])
    })

    it('cannot be changed, whatever builtins the code replaces', async () => {
      await using world = await pages()
      const seen = await world.run(`
        const tried = []
        const attempt = (change) => { try { change(); tried.push('done') } catch (error) { tried.push(error.name) } }
        attempt(() => { pages = 1 })
        attempt(() => { pages[1] = 2 })
        attempt(() => { delete pages[1] })
        attempt(() => Object.defineProperty(pages, 1, { value: 2 }))
        attempt(() => Object.setPrototypeOf(pages, { 1: 2 }))
        Object.prototype.has = Object.prototype.ownKeys = Object.prototype.getPrototypeOf = () => { throw 'a trap of the guest' }
        Number.isInteger = () => false
        globalThis.String = () => 'x'
        globalThis.Proxy = undefined
        ;[tried.join(), 1 in pages, await pages[1]]`)
      expect(seen.preview).toBe(`["${Array(5).fill('TypeError').join()}", false, "page 1"]`)
    })

    it('has the same hash in a second world', async () => {
      const hashes: unknown[] = []
      for (let time = 0; time < 2; time += 1) {
        await using world = await pages()
        hashes.push((await world.run('globalThis.kept = pages; const text = await pages[2]; text')).worldHash)
      }
      expect(hashes[0]).toBeTypeOf('string')
      expect(hashes[1]).toBe(hashes[0])
    })
  })

  it('runs calls in parallel and delivers each outcome in a turn of its own, in order of arrival', async () => {
    const tools = { wait: ({ ms }: Record<string, unknown>) => later(Number(ms), ms) }
    await using world = await openWorld(sandbox, { tools })
    const seen = await world.run(
      'const order = []; await Promise.all([60, 5, 30].map(async (ms) => order.push(await wait({ ms })))); order',
    )
    expect(seen.preview).toBe('[5, 30, 60]')
    expect(seen.calls.map(({ id, ok, awaited }) => [id, ok, awaited])).toEqual([
      ['1.1', true, true],
      ['1.2', true, true],
      ['1.3', true, true],
    ])
    expect(world.committed.map(({ turn }) => [turn.turn, turn.calls.length, turn.done])).toEqual([
      [0, 3, false],
      [1, 0, false],
      [2, 0, false],
      [3, 0, true],
    ])
    expect(world.delivered.map((input) => input.kind === 'outcome' && input.outcome.id)).toEqual([
      '1.2',
      '1.3',
      '1.1',
    ])
  })

  it('uses the seed of a step if it has one', async () => {
    await using own = await openWorld(sandbox, { limits: { memoryMb: 24 } })
    await using other = await openWorld(sandbox, { seed: 'other' })
    const first = (await own.run('Math.random()')).preview
    expect(first).not.toBe((await other.run('Math.random()')).preview)
    const second = (await other.run('Math.random()')).preview
    expect((await own.run('Math.random()', { seed: 'other' })).preview).toBe(second)
    // A rebuilt world uses the seeds of its steps.
    await own.run('const kept = Math.random()', { seed: 'third' })
    const kept = (await own.run('kept')).preview
    await own.run('const bomb = []; for (;;) bomb.push(new Array(1e6).fill(1))')
    expect((await own.run('kept')).preview).toBe(kept)
  })

  it('makes calls only once the guest is idle', async () => {
    await using world = await openWorld(sandbox, { tools: { touch: () => 1 }, limits: { wallMs: 200 } })
    const seen = await world.run('touch({}); for (;;);')
    expect(seen.status).toBe('timeout')
    expect(world.calls).toEqual([])
  })

  it('reports an input before its turn, and its turn before the next input', async () => {
    const happened: string[] = []
    await using world = await openWorld(sandbox, { tools: { one: () => 1 } })
    world.host.delivered = (input) =>
      happened.push(`in ${input.kind === 'outcome' ? input.outcome.id : input.kind}`)
    world.host.committed = ({ turn }) => happened.push(`out ${turn}`)
    await world.run('await Promise.all([one({}), one({}), one({})])')
    expect(happened).toEqual(['out 0', 'in 1.1', 'out 1', 'in 1.2', 'out 2', 'in 1.3', 'out 3'])
  })

  it('keeps the other results if one call of a Promise.all fails', async () => {
    const tools = {
      half: ({ n }: Record<string, unknown>) => {
        if (n === 2) throw new Error('two is out')
        return n
      },
    }
    await using world = await openWorld(sandbox, { tools })
    const seen = await world.run('await Promise.all([1, 2, 3].map((n) => half({ n })))')
    expect(seen).toMatchObject({ status: 'error', error: { name: 'CallError', message: 'two is out' } })
    expect(seen.calls.map(({ ok, message }) => [ok, message])).toEqual([
      [true, undefined],
      [false, 'two is out'],
      [true, undefined],
    ])
    expect((await world.run('await Promise.allSettled([1, 2].map((n) => half({ n })))')).preview).toContain(
      'rejected',
    )
  })

  it('waits for a call that the code did not await, and reports that', async () => {
    await using world = await openWorld(sandbox, { tools: { log: () => later(30, 'done') } })
    const seen = await world.run('log({}); "over"')
    expect(seen).toMatchObject({ preview: 'over', calls: [{ name: 'log', ok: true, awaited: false }] })
  })

  it('replays a step from its record without making calls', async () => {
    const code =
      'const got = []; got.push(await pick({ n: 1 })); await Promise.all([2, 3].map(async (n) => got.push(await pick({ n })))); await sleep(5); const r = Math.random(), t = Date.now(); got'
    const tools = { pick: ({ n }: Record<string, unknown>) => later(n === 2 ? 20 : 1, n) }
    await using first = await openWorld(sandbox, { tools })
    const seen = await first.run(code, { clock: 1_000 })
    const recorded = recordOf(first, true)
    const next = await first.run('[got, r, t]')

    await using second = await openWorld(sandbox, { tools })
    const again = await second.run(code, { clock: 1_000, recorded })
    expect(second.calls).toEqual([])
    expect(second.printed).toEqual([])
    expect(second.committed.every(({ replayed }) => replayed)).toBe(true)
    expect(again).toMatchObject({ preview: seen.preview, worldHash: seen.worldHash })
    expect((await second.run('[got, r, t]')).preview).toBe(next.preview)
  })

  it('replays a step that first waited for its packages', async () => {
    const importsFrom = packageFolder({ pair: { 'index.js': 'export const two = 2' } })
    const world = { tools: { step: () => 'value' }, imports: ['pair'], importsFrom }
    const code = "import { two } from 'pair'; const got = [await step({}), two]; got"
    await using first = await openWorld(sandbox, world)
    const seen = await first.run(code, { clock: 1_000 })
    const recorded = recordOf(first, true)
    await using second = await openWorld(sandbox, world)
    const again = await second.run(code, { clock: 1_000, recorded })
    expect(again).toMatchObject({ preview: '["value", 2]', worldHash: seen.worldHash })
    expect(second.calls).toEqual([])
  })

  it('continues live after the end of a record', async () => {
    const code =
      'const a = await step({ n: 1 }); console.log("between"); const b = await step({ n: 2 }); [a, b]'
    await using first = await openWorld(sandbox, { tools: { step: ({ n }) => n } })
    await first.run(code)
    const whole = recordOf(first, false)
    const cut: RecordedStep = {
      inputs: whole.inputs.slice(0, 1),
      turns: whole.turns.slice(0, 2),
      ended: false,
    }
    await using second = await openWorld(sandbox, { tools: { step: ({ n }) => `live ${n}` } })
    const seen = await second.run(code, { recorded: cut })
    expect(seen.preview).toBe('[1, "live 2"]')
    expect(second.calls.map(({ id }) => id)).toEqual(['1.2'])
    expect(seen.printed).toBe('between')
  })

  it('repeats calls that have no recorded outcome', async () => {
    const turn: TurnOutput = { step: 1, turn: 0, calls: [], done: false, cpuMs: 1 }
    await using first = await openWorld(sandbox, { tools: { step: () => 1 } })
    await first.run('await step({ n: 1 })')
    const [made] = first.committed
    await using second = await openWorld(sandbox, { tools: { step: () => 'again' } })
    const recorded = { inputs: [], turns: [made?.turn ?? turn], ended: false }
    expect((await second.run('await step({ n: 1 })', { recorded })).preview).toBe('again')
  })

  it('delivers a recorded outcome without a turn once, and does not repeat its call', async () => {
    const tools = { step: ({ n }: { n?: number }) => n }
    await using first = await openWorld(sandbox, { tools })
    const code = 'let log = [await step({ n: 1 })]; log.push(await step({ n: 2 }))'
    const seen = await first.run(code)
    const whole = recordOf(first, true)
    // The host died after it journaled the outcome and before it journaled the turn.
    const recorded = {
      ...whole,
      ended: false,
      inputs: whole.inputs.slice(0, 1),
      turns: whole.turns.slice(0, 1),
    }

    await using second = await openWorld(sandbox, { tools })
    const again = await second.run(code, { recorded })
    expect(again).toMatchObject({ status: 'ok', worldHash: seen.worldHash })
    expect(second.calls.map(({ id }) => id)).toEqual(['1.2'])
    // The recorded outcome is not reported as delivered again.
    expect(second.delivered).toMatchObject([{ kind: 'outcome', outcome: { id: '1.2' } }])
    expect(again.calls).toMatchObject([
      { id: '1.1', ok: true },
      { id: '1.2', ok: true },
    ])
  })

  it('fails if a replay makes another call than its record', async () => {
    await using first = await openWorld(sandbox, { tools: { step: () => 1 } })
    await first.run('await step({ n: 1 })')
    const recorded = recordOf(first, true)
    await using second = await openWorld(sandbox, { tools: { step: () => 1 } })
    await expect(second.run('await step({ n: 2 })', { recorded })).rejects.toThrow(
      /The replay of step 1, turn 0 differs/,
    )
  })

  it('undoes a stopped turn and rebuilds the world, live and on replay', async () => {
    const tools = { step: () => 'value' }
    await using first = await openWorld(sandbox, { tools, limits: { wallMs: 250 } })
    await first.run('let log = ["one"]')
    first.committed.splice(0)
    const code = 'log.push(await step({})); await step({}); log.push("lost"); for (;;);'
    const seen = await first.run(code)
    expect(seen).toMatchObject({ status: 'timeout', lost: expect.stringContaining('call 2.2') })
    expect(first.voided).toMatchObject([
      { step: 2, turn: 2, reason: 'timeout', lost: { kind: 'outcome', outcome: { id: '2.2' } } },
    ])
    const recorded = recordOf(first, true, first.voided[0])
    const after = await first.run('log')
    expect(after.preview).toBe('["one", "value"]')

    await using second = await openWorld(sandbox, { tools })
    await second.run('let log = ["one"]')
    expect(await second.run(code, { recorded })).toMatchObject({ status: 'timeout' })
    expect(await second.run('log')).toMatchObject({ preview: after.preview, worldHash: after.worldHash })
    expect(second.calls).toEqual([])
  })

  it('rejects what waiting code awaits when it is canceled, so that the code can clean up', async () => {
    await using world = await openWorld(sandbox, { tools: { wait: () => new Promise(() => {}) } })
    world.host.committed = ({ turn }) => turn === 0 && world.cancel('enough')
    const seen = await world.run(
      'let state = "waiting"; try { await wait({}) } catch (e) { state = e.name } finally { console.log("cleaned") }',
    )
    expect(seen).toMatchObject({ status: 'canceled', printed: 'cleaned', error: { message: 'enough' } })
    expect(world.delivered).toMatchObject([{ kind: 'cancel', reason: 'enough' }])
    delete world.host.committed
    expect((await world.run('state')).preview).toBe('CanceledError')
  })

  it('kills code that does not stop when it is canceled', async () => {
    await using world = await openWorld(sandbox)
    world.host.printed = () => world.cancel('stop it')
    const seen = await world.run('console.log("x".repeat(5000)); for (;;);')
    expect(seen).toMatchObject({ status: 'canceled', lost: expect.any(String) })
    expect(world.voided).toMatchObject([{ reason: 'canceled', turn: 0 }])
    expect((await world.run('1 + 1')).preview).toBe('2')
  })

  it('ends a recorded sleep at once if its time has passed', async () => {
    const code = 'await sleep(500_000); "slept"'
    await using first = await openWorld(sandbox)
    first.host.committed = (turn) => {
      first.committed.push({ turn, replayed: false })
      first.cancel('the sleep has begun')
    }
    await first.run(code, { clock: 10_000 })
    const recorded: RecordedStep = {
      inputs: [],
      turns: first.committed.slice(0, 1).map(({ turn }) => turn),
      ended: false,
    }
    await using second = await openWorld(sandbox, { now: () => 1_000_000 })
    // A sleep from now on would outlast the test.
    expect((await second.run(code, { clock: 10_000, recorded })).preview).toBe('slept')
  })

  it('has timers, and does not run cleared ones', async () => {
    await using world = await openWorld(sandbox)
    const seen = await world.run(
      'const ran = []; const t = setTimeout(() => ran.push("never"), 5); clearTimeout(t); setTimeout((x) => ran.push(x), 1, "once"); let n = 0; await new Promise((done) => { const i = setInterval(() => { n++; if (n === 3) { clearInterval(i); done() } }, 1) }); await sleep(10); [ran, n]',
    )
    expect(seen.preview).toBe('[["once"], 3]')
  })

  it('refuses a second step while one is running, and any step after closing', async () => {
    const world = await openWorld(sandbox, { tools: { wait: () => later(30, 1) } })
    const running = world.run('await wait({})')
    await expect(world.session.execute({ step: 2, code: '1', clock: 1 }, world.host)).rejects.toThrow(
      /Another step of this session is running/,
    )
    await running
    await world[Symbol.asyncDispose]()
    await expect(world.run('1')).rejects.toThrow(/closed/)
  })

  it('ends its running step when it is closed', async () => {
    const world = await openWorld(sandbox, { tools: { wait: () => new Promise(() => {}) } })
    const running = world.run('await wait({})')
    await world[Symbol.asyncDispose]()
    expect((await running).status).toBe('canceled')
  })

  it('refuses inputs whose names are not valid or used already', async () => {
    await expect(openWorld(sandbox, { inputs: { 'a b': 1 } })).rejects.toThrow(
      /to be a valid variable name, found "a b"/,
    )
    const tools = { get: () => 1 }
    for (const name of ['class', 'observations', 'finalAnswer', 'get']) {
      await expect(openWorld(sandbox, { inputs: { [name]: 1 }, tools })).rejects.toThrow(
        `Expected an input name that code does not use yet, found "${name}"`,
      )
    }
    const loop: { self?: unknown } = {}
    loop.self = loop
    await expect(openWorld(sandbox, { inputs: { loop } })).rejects.toThrow(/contains itself/)
  })
})
