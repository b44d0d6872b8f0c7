// Imports the certificate of a node's web interface into `page_certificate`. A certificate whose key cannot be read has to be declared by a person.

import type { JsonObject } from '../../../model/json.ts';
import type { LeftOver } from '../../importer.ts';
import { acmeDomainsIn, pageFactsOf } from './page-facts.ts';
import { PAGE_FILE } from './page-section.ts';

/**
 * @param text content of the certificate's file; null where Proxmox's generated one is used
 * @param config content of the node's options file
 */
export function writtenPage(
  text: string | null,
  config: string,
): { readonly field: JsonObject | null; readonly left: readonly LeftOver[] } {
  if (text === null) return { field: null, left: [] };
  const domains = acmeDomainsIn(config);
  if (domains.length > 0 && pageFactsOf(text)?.names.join() === domains.join())
    return { field: { acme: true }, left: [] };
  const why =
    'its key cannot be brought in: declare page_certificate with a certificate of the manifest, or with references to both files';
  return { field: null, left: [{ what: `hypervisor/page (${PAGE_FILE})`, why }] };
}
