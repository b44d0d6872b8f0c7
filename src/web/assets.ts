// Static files of the pages. Their names contain a digest, so browsers cache them permanently and never mix versions.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestHandler, Response } from 'express';
import { PRODUCT } from '../product.ts';

const DIGEST_LENGTH = 12;

/** Names with digest under which the files are served. */
export interface AssetNames {
  readonly style: string;
  readonly script: string;
  readonly icon: string;
}

export interface Asset {
  readonly type: string;
  readonly content: Buffer;
}

export interface Assets {
  readonly names: AssetNames;
  readonly byName: ReadonlyMap<string, Asset>;
}

/** Reads all assets once. */
export function loadAssets(): Assets {
  const byName = new Map<string, Asset>();
  const load = (stem: string, ending: string, type: string): string => {
    const content = readFileSync(join(PRODUCT, 'src/web/static', `${stem}.${ending}`));
    const name = `${stem}-${createHash('sha256').update(content).digest('hex').slice(0, DIGEST_LENGTH)}.${ending}`;
    byName.set(name, { type, content });
    return name;
  };
  const names = {
    style: load('pages', 'css', 'text/css; charset=utf-8'),
    script: load('pages', 'js', 'text/javascript; charset=utf-8'),
    icon: load('icon', 'svg', 'image/svg+xml'),
  };
  return { names, byName };
}

/** Answers with the file of that name. */
export function assetRoute(
  { byName }: Assets,
  send: (response: Response, asset: Asset) => void,
): RequestHandler<{ readonly file: string }> {
  return (request, response, next) => {
    const asset = byName.get(request.params.file);
    if (asset === undefined) return next();
    send(response, asset);
  };
}
