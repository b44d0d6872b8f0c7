// The template function of the components: functions from plain data to HTML. All texts are escaped.

import type { VNode } from 'preact';

export { html } from 'htm/preact';

export type Html = VNode | string | number | null | readonly Html[];
