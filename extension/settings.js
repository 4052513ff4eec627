// Where the EBS answers. Set it before packing, and put the host on the extension's allow-list
// (Twitch console: Capabilities, "Allowlist for URL Fetching Domains"). "" is the page's own host.
export const EBS = "https://ebs.example.org";
