import { scriptedModel } from '@bailiwick/core/testing'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { expect, it } from 'vitest'
import { tutor } from './tutor.ts'

await useBubblewrap()

const REPLIES = [
  `<code>
const pairs = [[17, 25], [48, 36], [59, 34]]
const wrong = []
for (const [a, b] of pairs) {
  const said = Number(await ask({ question: a + ' + ' + b + ' = ?' }))
  if (said !== a + b) wrong.push([a, b])
}
finalAnswer({ asked: pairs.length, right: pairs.length + wrong.length, advice: 'Mind the carry.' })
</code>`,
  `<code>
finalAnswer({ asked: pairs.length, right: pairs.length - wrong.length, advice: 'Mind the carry.' })
</code>`,
  `Only what went wrong.
<code>
let right = 0
for (const [a, b] of wrong) {
  if (Number(await ask({ question: 'Again: ' + a + ' + ' + b + ' = ?' })) === a + b) right += 1
}
finalAnswer({ asked: wrong.length, right, advice: 'Well done.' })
</code>`,
]

it('asks, grades by computing, and repeats what went wrong', async () => {
  const questions: string[] = []
  const answers = ['42', '74', '93', '84']
  const teach = tutor(scriptedModel(REPLIES), async (question) => {
    questions.push(question)
    return answers[questions.length - 1] ?? ''
  })
  expect(await teach(['Three sums.', 'Again what went wrong.'])).toEqual([
    { asked: 3, right: 2, advice: 'Mind the carry.' },
    { asked: 1, right: 1, advice: 'Well done.' },
  ])
  expect(questions).toEqual(['17 + 25 = ?', '48 + 36 = ?', '59 + 34 = ?', 'Again: 48 + 36 = ?'])
})
