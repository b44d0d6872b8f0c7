// Text stays what it is: `{{ … }}` is a template to Vue, and text to everybody else who reads a page.

/** As a plugin of markdown-it, after those that set how text is rendered. */
export function literalText(md) {
  const { text } = md.renderer.rules;
  md.renderer.rules.text = (...args) => text(...args).replaceAll('{{', '<span v-pre>{{</span>');
}
