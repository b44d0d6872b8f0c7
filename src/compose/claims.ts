// Explicit container names of a compose file, which must be unique on a VM.

import type { Document, LineCounter } from 'yaml';
import { pointer } from '../config/read/place.ts';
import type { ContainerNameClaim } from './contents.ts';
import { placeOf } from './nodes.ts';
import { type Fields, firstOf, partsOf } from './services.ts';

/** Only explicit names: others are derived from the project and unique to it. */
export function nameClaims(services: Fields, document: Document.Parsed, lines: LineCounter): ContainerNameClaim[] {
  return Object.keys(services).flatMap((service): ContainerNameClaim[] => {
    const found = firstOf(partsOf(services, service), 'container_name');
    if (found === null) return [];
    return [{ service, name: String(found.value), path: pointer(found.at), ...placeOf(document, lines, found.at) }];
  });
}
