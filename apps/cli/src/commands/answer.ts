import type { RunView } from '@bailiwick/bus'
import { CodedError } from '../frame/coded-error.ts'
import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'
import { UsageError } from '../frame/usage-error.ts'

export const command: Command = {
  words: '<run> yes|no',
  count: [2, 2],
  details:
    'Where an agent’s approval is "risky" or "always", its calls wait for this. "bailiwick show" lists them; --call says which, where several wait.',
  options: {
    call: { type: 'string', value: 'id', help: 'the call, as "bailiwick show" prints it' },
    task: { type: 'string', value: 'id', help: 'its task, where calls of several tasks have this id' },
    note: { type: 'string', value: 'text', help: 'for the agent: why' },
  },
  async run(context) {
    const [run = '', word = ''] = context.words
    if (word !== 'yes' && word !== 'no') throw new UsageError(`wanted yes or no; got "${word}"`)
    const { call, task, note } = context.options
    const { withDaemon } = await import('../daemon/use-daemon.ts')
    const { requestRun } = await import('@bailiwick/bus')
    return withDaemon(context, async (bus) => {
      const asked = theCall(await requestRun(bus, 'get', { run }), call, task)
      const answer = { run, task: asked.task, call: asked.call, approved: word === 'yes' }
      const { accepted } = await requestRun(bus, 'answer', {
        ...answer,
        ...(typeof note === 'string' && { note }),
      })
      if (!accepted) throw new CodedError('not-asked', `call ${asked.call} no longer waits`)
      context.print(context.json ? JSON.stringify(answer) : `${word} to ${asked.name}(${asked.args})`)
      return EXIT.ok
    })
  },
}

type Asked = RunView['asked'][number]

function theCall({ run, asked }: RunView, call: unknown, task: unknown): Asked {
  const meant = asked.filter(
    (one) => (call === undefined || one.call === call) && (task === undefined || one.task === task),
  )
  const [only] = meant
  if (only !== undefined && meant.length === 1) return only
  const waiting = asked.map((one) => `  --call ${one.call} --task ${one.task}: ${one.name}(${one.args})`)
  if (only !== undefined) throw new UsageError(`several calls wait:\n${waiting.join('\n')}`)
  if (asked.length === 0) throw new CodedError('not-asked', `no call of run ${run} waits for a yes`)
  throw new CodedError('not-asked', `that call does not wait; these do:\n${waiting.join('\n')}`)
}
