// Where the boxes of a graph stand and how its lines run: laid out by dagre, on the server, so that the picture is there without a
// script.

import { Graph, layout } from '@dagrejs/dagre';
import { LRUCache } from 'lru-cache';

export interface Box {
  readonly id: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

interface PlacedBox extends Box {
  /** Of its upper left corner. */
  readonly x: number;
  readonly y: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Something that leads from one box to another. */
export interface Line {
  readonly from: string;
  readonly to: string;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly lines: ReadonlyArray<Line & { readonly points: readonly Point[] }>;
}

const SPACE = { nodesep: 14, ranksep: 30, marginx: 8, marginy: 8 } as const;
/** A page that keeps itself up to date asks for the same picture each second. */
const KEEP = 50;
const known = new LRUCache<string, GraphLayout>({ max: KEEP });

/** The same boxes and lines are always laid out alike. */
export function layOut(boxes: readonly Box[], lines: readonly Line[], direction: 'TB' | 'LR'): GraphLayout {
  const key = JSON.stringify([direction, boxes, lines]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = laidOut(boxes, lines, direction);
  known.set(key, made);
  return made;
}

function laidOut(boxes: readonly Box[], lines: readonly Line[], direction: 'TB' | 'LR'): GraphLayout {
  const graph = new Graph();
  graph.setGraph({ rankdir: direction, ...SPACE });
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  for (const { from, to } of lines) graph.setEdge(from, to, {});
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { readonly width?: number; readonly height?: number };
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: boxes.map((box) => {
      const { x, y } = graph.node(box.id) as Point;
      return { ...box, x: Math.round(x - box.width / 2), y: Math.round(y - box.height / 2) };
    }),
    lines: lines.map(({ from, to }) => {
      const { points = [] } = graph.edge(from, to) as { readonly points?: readonly Point[] };
      return { from, to, points: points.map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) })) };
    }),
  };
}
