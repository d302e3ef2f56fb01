/** A script that declares variables and whose value reads and sets them, by name. */
export function inputsScript(names: readonly string[]): string {
  const declared = names.length > 0 ? `let ${names.join()};` : ''
  const reads = names.map((name) => `${name}:()=>${name}`)
  const sets = names.map((name) => `${name}:($${name})=>{${name}=$${name}}`)
  return `"use strict";${declared}({read:{__proto__:null,${reads.join()}},set:{__proto__:null,${sets.join()}}})`
}
