import { hasCode, type ModelReply } from '@bailiwick/contract'
import { type Acted, mistake, type TaskRun } from '../attempt/attempt.ts'
import { repeatedCode } from '../gate/repeated-action.ts'
import type { StepState } from '../journal/task-state.ts'
import { noCode, worldLost } from '../prompts/feedback.ts'
import { parseCode } from '../reply/parse-reply.ts'
import { CodeWorld } from '../world/code-world.ts'
import { showStep } from './show-step.ts'

/** Level 5: the code of a reply in the task's world, or what is left of it after an attempt that was cut off. */
export async function actCode(
  run: TaskRun,
  step: StepState,
  reply: ModelReply,
  left: number,
): Promise<Acted> {
  const parsed = parseCode(reply, run.options.parses)
  if (parsed.kind !== 'code') {
    return mistake(noCode(parsed.kind === 'nothing' ? parsed.problem : 'no-code', reply.finish === 'length'))
  }
  const repeated = step.code ? undefined : repeatedCode(run.state, step.step, parsed.code)
  if (repeated !== undefined)
    return mistake(`${repeated}\nIt was not run again. Do something else, or answer.`)
  try {
    return showStep(await run.world.execute(step, parsed.code), parsed, left)
  } catch (error) {
    if (!hasCode(error, 'diverged')) throw error
    return mistake(worldLost)
  }
}

type Given = Pick<TaskRun, 'options' | 'state' | 'gate' | 'signal' | 'now' | 'record' | 'flushed' | 'live'>

/** The world of a task. Nothing is opened before its first code. */
export function codeWorld({ options, state, gate, signal, now, record, flushed, live }: Given): CodeWorld {
  const { sandbox, inputs, importsFrom } = options
  return new CodeWorld({
    sandbox,
    inputs,
    importsFrom,
    state,
    signal,
    now,
    record,
    flushed,
    call: gate.call,
    printed: (step, line) => live({ type: 'print', step, line }),
  })
}
