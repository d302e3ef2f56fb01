/**
 * Rewrites guest code as an async function. Declarations at the left margin outlive the step, and a last line that is
 * an expression is the step's value. Works line by line with regular expressions, which is enough for tests.
 */
export function inlineCode(code: string): string {
  const functions = [...code.matchAll(/^(?:async )?function\*? (\w+)/gm)].map(([, name]) => name)
  const lines = code.split('\n').map((line) =>
    line
      .replace(/^(?:const|let|var)\s+(\w+)\s*=/, 'globalThis.$1 =')
      .replace(/^class (\w+)/, 'globalThis.$1 = class $1')
      .replace(/^(?:const|let|var)\s+\{([^=]*)\}\s*=(.*?);?$/, (_, names: string, value: string) => {
        const targets = names.split(',').map((name) => name.trim().replace(/^(\w+)$/, '$1: globalThis.$1'))
        return `;({ ${targets.join(', ')} } = ${value})`
      }),
  )
  const last = lines.findLastIndex((line) => line.trim() !== '')
  const line = lines[last] ?? ''
  if (
    /^[\w$([{'"`!+-]/.test(line) &&
    !/^(?:if|for|while|do|try|return|throw|function|async function|switch)\b/.test(line)
  ) {
    lines[last] = `return (${line.replace(/^\{/, ' {').replace(/;\s*$/, '')})`
  }
  return `(async () => { ${functions.map((name) => `globalThis.${name} = ${name};`).join(' ')}\n${lines.join('\n')}\n})()`
}
