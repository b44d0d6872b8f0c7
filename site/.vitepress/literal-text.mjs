// Text stays what it is: `{{ … }}` and `<name>` are templates and elements to Vue, and text to everybody else who reads a page.

/** As a plugin of markdown-it, after those that set how text is rendered. Throws for an element: the forge would leave it out. */
export function literalText(md) {
  const { rules } = md.renderer;
  const { text } = rules;
  rules.text = (...args) => text(...args).replaceAll('{{', '<span v-pre>{{</span>');
  rules.html_inline = commentOnly;
  rules.html_block = commentOnly;
}

function commentOnly(tokens, at, _options, env) {
  const html = tokens[at].content.replaceAll(/<!--[\s\S]*?-->/g, '');
  if (!html.includes('<')) return html;
  throw new Error(`${env.relativePath}: ${html.trim()} is an element of HTML; write it as code, between backticks`);
}
