// The template function of the forge's pages. All texts are escaped.

import { html } from 'htm/preact';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import type { VNode } from 'preact';

export { html };

export type Html = VNode | string | number | null | readonly Html[];

/**
 * Markdown as forges show it, with tables and the tags `details` and `summary`. Other HTML is shown as text, and comments of HTML are hidden.
 *
 * @param text of a comment or description
 */
export function markdown(text: string): Html {
  const shown = text.replaceAll(/<!--[\s\S]*?-->\n?/g, '');
  const made = micromark(shown, { extensions: [gfm()], htmlExtensions: [gfmHtml()] });
  const folded = made.replaceAll(/&lt;(\/?(?:details|summary))&gt;/g, '<$1>');
  return html`<div class="text" dangerouslySetInnerHTML=${{ __html: folded }}></div>`;
}
