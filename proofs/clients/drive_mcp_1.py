"""The client of the Python SDK 1.x. Arguments: the address. The token is in MCP_TOKEN."""

import asyncio
import os
import sys

import commands
import httpx
from mcp import ClientSession, types
from mcp.client.streamable_http import streamable_http_client


class Driven:
    def __init__(self, session):
        self.session = session
        self.last_request = None

    async def list_tools(self):
        return [tool.name for tool in (await self.session.list_tools()).tools]

    async def call_tool(self, name, arguments, progress=None):
        # The SDK numbers its requests and tells nobody; whoever wants to cancel one has to know its number.
        self.last_request = self.session._request_id
        result = await self.session.call_tool(name, arguments, progress_callback=progress)
        return commands.tool_result(result.content, result.structuredContent, result.isError)

    async def list_resources(self):
        return [str(one.uri) for one in (await self.session.list_resources()).resources]

    async def list_templates(self):
        return [one.uriTemplate for one in (await self.session.list_resource_templates()).resourceTemplates]

    async def read_resource(self, uri):
        return (await self.session.read_resource(uri)).contents[0].text

    async def list_prompts(self):
        return commands.prompts((await self.session.list_prompts()).prompts)

    async def get_prompt(self, name, arguments):
        return (await self.session.get_prompt(name, arguments)).messages[0].content.text

    async def complete(self, owner, argument, typed):
        ref = commands.reference(types, owner)
        return (await self.session.complete(ref, {"name": argument, "value": typed})).completion.values

    async def cancel(self, task):
        params = types.CancelledNotificationParams(requestId=self.last_request)
        notification = types.CancelledNotification(method="notifications/cancelled", params=params)
        await self.session.send_notification(types.ClientNotification(notification))
        # Stopping the task alone would tell the server nothing.
        task.cancel()


async def main(url):
    headers = {"Authorization": "Bearer " + os.environ["MCP_TOKEN"]}
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        async with streamable_http_client(url, http_client=http) as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                await commands.obey(Driven(session))


asyncio.run(main(sys.argv[1]))
