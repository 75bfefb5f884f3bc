// One visitor who signs in and looks at a product: `node send.mjs HOST WRITE_KEY`.
import { Analytics } from "@segment/analytics-node";

const [host, writeKey] = process.argv.slice(2);
const failed = [];
const analytics = new Analytics({ writeKey, host, maxRetries: 1 });
analytics.on("error", (error) => failed.push(String(error.reason ?? error.code ?? error)));
const who = { userId: "C-1", anonymousId: "visitor-1" };
analytics.identify({ ...who, traits: { city: "上海", email: "lei@example.test" } });
analytics.track({ ...who, event: "Product Viewed", properties: { category: "tea", price: 12.5 } });
analytics.page({ ...who, name: "Home", properties: { path: "/" } });
await analytics.closeAndFlush();
console.log(JSON.stringify({ failed }));
