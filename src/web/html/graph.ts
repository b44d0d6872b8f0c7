// Renders a graph as inline SVG: boxes with links, coloured by state, and edges. No inline styles, as the content security policy requires.

import { printable } from '../../messages/printable.ts';
import { type GraphLayout, layOut } from '../graph-layout.ts';
import type { Tone } from './components.ts';
import { type Html, html } from './html.ts';

/** Larger graphs take more than a second to lay out and are unreadable. */
export const MAX_BOXES = 80;

const CHARACTER_PX = 7.3;
const PADDING_PX = 12;
const HEIGHT_PX = 44;
const NARROWEST_PX = 104;
/** Slightly wider graphs are scaled down to the page; wider ones are scrolled. */
const NEAR_PX = 1_500;
/** Maximum characters of a name; longer ones are shortened, with the full name in the title. */
const MAX_NAME_LENGTH = 30;

export interface GraphBox {
  readonly id: string;
  readonly label: string;
  /** State label, in addition to the colour. */
  readonly word: string;
  readonly tone: Tone;
  /** Null without a page. */
  readonly href: string | null;
}

export interface GraphShown {
  /** Accessible name. */
  readonly label: string;
  readonly boxes: readonly GraphBox[];
  readonly lines: ReadonlyArray<{ readonly from: string; readonly to: string }>;
  readonly direction: 'TB' | 'LR';
}

/** Null for an empty or too large graph. */
export function graph({ label, boxes, lines, direction }: GraphShown): Html {
  if (boxes.length < 2 || boxes.length > MAX_BOXES) return null;
  const sized = boxes.map((box) => ({ id: box.id, width: widthOf(box), height: HEIGHT_PX }));
  const layout = layOut(sized, lines, direction);
  const { width, height } = layout;
  const className = width <= NEAR_PX ? 'near' : null;
  return html`<div class="graph" role="region" aria-label=${label} tabindex="0">
    <svg class=${className} width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="group" aria-label=${label}>
      <g class="lines">${layout.lines.map(({ points }) => html`<path d=${pathOf(points)} />`)}</g>
      ${boxes.map((box, index) => boxOf(box, layout, index))}
    </svg>
  </div>`;
}

function widthOf({ label, word }: GraphBox): number {
  const characters = Math.max(short(label).length, word.length);
  return Math.max(NARROWEST_PX, Math.ceil(characters * CHARACTER_PX) + 2 * PADDING_PX);
}

function boxOf({ label, word, tone, href }: GraphBox, { boxes }: GraphLayout, index: number): Html {
  const { x = 0, y = 0, width = 0, height = 0 } = boxes[index] ?? {};
  // A title on the box itself would become the accessible name of the link, which must contain the visible text.
  const inside = html`<rect x=${x} y=${y} width=${width} height=${height} rx="5"><title>${printable(label)}</title></rect>
      <text class="name" x=${x + PADDING_PX} y=${y + 18}>${short(label)}</text>
      <text class="word" x=${x + PADDING_PX} y=${y + 35}>${word}</text>`;
  return href === null
    ? html`<g class=${`box ${tone}`}>${inside}</g>`
    : html`<a class=${`box ${tone}`} href=${href}>${inside}</a>`;
}

/** Curves between the points, so that edges start and end perpendicular to the boxes. */
function pathOf(points: GraphLayout['lines'][number]['points']): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${first.x} ${first.y}`;
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1];
    if (next === undefined) path += `L${point.x} ${point.y}`;
    else path += `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  }
  return path;
}

/** Cuts in the kind of a target where its name fits, since names differ at their begin; else in the middle. */
function short(text: string): string {
  const all = [...printable(text)];
  if (all.length <= MAX_NAME_LENGTH) return all.join('');
  const name = all.slice(all.indexOf('/'));
  const room = MAX_NAME_LENGTH - 1 - name.length;
  if (all.includes('/') && room > 0) return `${all.slice(0, room).join('')}…${name.join('')}`;
  const half = Math.floor((MAX_NAME_LENGTH - 1) / 2);
  return `${all.slice(0, half).join('')}…${all.slice(-half).join('')}`;
}
