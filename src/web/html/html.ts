// What components are made of: functions from plain data to a piece of a page. Every text in them is escaped.

import type { VNode } from 'preact';

export { html } from 'htm/preact';

export type Html = VNode | string | number | null | readonly Html[];
