// Names that a compose file gives its containers: a VM can have each only once.

import type { Document, LineCounter } from 'yaml';
import { pointer } from '../config/read/place.ts';
import type { ContainerNameClaim } from './contents.ts';
import { placeOf } from './nodes.ts';
import { type Fields, firstOf, partsOf } from './services.ts';

/** Names that are written: others follow from the project, and are its own. */
export function nameClaims(services: Fields, document: Document.Parsed, lines: LineCounter): ContainerNameClaim[] {
  return Object.keys(services).flatMap((service): ContainerNameClaim[] => {
    const found = firstOf(partsOf(services, service), 'container_name');
    if (found === null) return [];
    return [{ service, name: String(found.value), path: pointer(found.at), ...placeOf(document, lines, found.at) }];
  });
}
