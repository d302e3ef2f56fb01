/**
 * @typedef {object} Options
 * @property {string} [separator] Between words.
 * @property {number[]} lengths
 */

/**
 * Counts the words of a text.
 * @param {string} text What to count in.
 * @param {Options} options How.
 * @param {?string} [language=en]
 * @returns {Promise<Object<string, number>>}
 * @effect none
 */
export async function countWords(text, options, language = 'en') {
  const words = text.split(options.separator ?? ' ').filter((word) => options.lengths.includes(word.length))
  return { [language]: words.length }
}

/**
 * Repeats.
 * @param {object} input
 * @param {string} input.text What.
 * @param {number} [input.times] How often.
 */
export function repeat({ text, times = 2 }) {
  return text.repeat(times)
}
