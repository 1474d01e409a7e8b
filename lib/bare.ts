/**
 * Text of somebody else's without what could steer a terminal, hide words or turn their order round: hosts are not
 * trusted with the operator's terminal. Tabs and line ends stay.
 */
export function bare(text: string): string {
  return text
    .replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g, '')
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, '');
}
