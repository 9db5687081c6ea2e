/** The least of an express application. */
import express from "express";

const app = express();
app.use(express.json());
app.get("/", (_request, response) => response.json({ hello: "world" }));
app.listen(80);
