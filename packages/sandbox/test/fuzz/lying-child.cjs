/**
 * Stands in for the sandbox's child and breaks the protocol in one way: `node lying-child.cjs <lie>`. It opens its
 * world like a true child and lies once a step begins.
 */
const { readSync, writeSync } = require('node:fs')

const [lie] = process.argv.slice(2)
const say = (text) => {
  for (let bytes = Buffer.from(text); bytes.length > 0; ) bytes = bytes.subarray(writeSync(4, bytes))
}
const forever = (text) => {
  for (;;) say(text)
}
const spin = () => {
  for (;;);
}
const grow = () => {
  const kept = []
  for (;;) kept.push(Buffer.alloc(1_048_576, 1))
}
const listen = () => {
  for (;;) if (readSync(3, Buffer.alloc(65_536)) === 0) process.exit(0)
}
const END = '0\t0\t""\t\t""'

const lies = {
  'a turn that never ends, then an endless loop': () => [say('turn\t0\t0\n'), spin()],
  'a call, then an endless loop': () => [say('turn\t0\t0\t1.1\tslow\t{}\n'), spin()],
  'a call, then endless memory': () => [say('turn\t0\t0\t1.1\tslow\t{}\n'), grow()],
  'endless memory in a turn': grow,
  'endless memory after the step': () => [say(`last\t0\t0\t${END}\n`), grow()],
  'an endless loop after the step': () => [say(`last\t0\t0\t${END}\n`), spin()],
  silence: listen,
  'endless empty turns': () => forever('turn\t0\t0\n'.repeat(1_000)),
  'endless turns after the step': () => [say(`last\t0\t0\t${END}\n`), forever('turn\t0\t0\n'.repeat(1_000))],
  'endless turns with calls': () => {
    for (let id = 1; ; id += 1) say(`turn\t0\t0\t1.${id}\techo\t{}\n`)
  },
  'endless calls in one turn': () => {
    for (let id = 1; ; id += 1) say(`calls\t1.${id}\techo\t{}\n`)
  },
  'many empty lines in one frame': () => [say(`print${'\t""'.repeat(340_000)}\n`), listen()],
  'endless empty lines': () => forever(`print${'\t""'.repeat(4_000)}\n`),
  'many packages in one frame': () => [say(`need${'\t"a"'.repeat(100_000)}\n`), listen()],
  'endless requests for packages': () => forever('need\t"a"\n'),
  'many fields in one frame': () => [say(`refused${'\t""'.repeat(400_000)}\n`), listen()],
  'endless refused imports': () => forever('refused\t"a"\t"b"\n'),
  'nested JSON in a field': () => [say(`need\t${'['.repeat(400_000)}\n`), listen()],
  'a long preview': () => [say(`last\t0\t0\t0\t0\t"${'x'.repeat(1_000_000)}"\t\t\n`), listen()],
  'a long error': () => [say(`last\t0\t0\t${END}\t"E"\t"${'x'.repeat(900_000)}"\t\t\t\n`), listen()],
  'arguments that are no encoded text': () => [say('turn\t0\t0\t1.1\techo\t{"$":["nothing"]}\n'), listen()],
  'long arguments that are no encoded text': () => [
    say(`turn\t0\t0\t1.1\techo\t[${'1,'.repeat(30_000)}\n`),
    listen(),
  ],
  'a sleep of a day': () => [say('turn\t0\t0\t1.1\tsleep\t{"ms":86400000}\n'), listen()],
  'a call of another step': () => [say('turn\t0\t0\t7.1\techo\t{}\n'), listen()],
  'an answer that is no encoded text': () => [say('last\t0\t0\t0\t0\t""\t"{"\t""\n'), listen()],
  'an answer that is very deep': () => [
    ...Array.from({ length: 10 }, () => say(`part\t"${'['.repeat(65_536)}"\n`)),
    say('last\t0\t0\t0\t0\t""\t""\t""\n'),
    listen(),
  ],
  'endless parts': () => forever('part\t"a"\n'),
  'endless full parts': () => forever(`part\t"${'a'.repeat(65_536)}"\n`),
  'a line without an end': () => forever('x'.repeat(65_536)),
  'an end that nobody asked for': () => [say(`ended\t${END}\n`), listen()],
  'a frame of another kind': () => [say('checkpoint\t"{}"\t\n'), listen()],
  'endless ready frames': () => forever('ready\n'),
  'a claim that it was stopped': () => [say('stopped\ttimeout\t"so it says"\n'), listen()],
  'a line that is no frame': () => [say('{"type":"turn"}\n'), listen()],
  'endless newlines': () => forever('\n'.repeat(65_536)),
}

if (lie === undefined) console.log(JSON.stringify(Object.keys(lies)))
else {
  say('ready\n')
  let text = ''
  for (;;) {
    const bytes = Buffer.alloc(65_536)
    const size = readSync(3, bytes)
    if (size === 0) process.exit(0)
    text += bytes.toString('latin1', 0, size)
    if (text.startsWith('{"type":"open"') && text.endsWith('\n')) {
      text = ''
      say('opened\t\n')
    } else if (text.startsWith('{"type":"step"')) {
      lies[lie]()
      listen()
    }
  }
}
