// Graph layout with dagre on the server, so that no script is needed.

import { Graph, layout } from '@dagrejs/dagre';
import { LRUCache } from 'lru-cache';

export interface Box {
  readonly id: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

interface PlacedBox extends Box {
  /** Position of the upper left corner. */
  readonly x: number;
  readonly y: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** An edge between two boxes. */
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
/** Number of cached layouts: a live page requests the same one every second. */
const KEEP = 50;
const known = new LRUCache<string, GraphLayout>({ max: KEEP });

/** Deterministic for the same boxes and edges. */
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
